import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { created, deleted, updated } from "../support/events.ts";
import { run } from "../support/run.ts";
import { describeScene } from "./suite.ts";

// The endpoints, URLs and commands of ngrok's page on the BoundEndpoint custom resource.
const READY = "ngrok-fdc71d00-ab87-5f84-b837-b315c947a52c";
const NO_NAMESPACE = "ngrok-96c65d4f-1422-5503-b353-0c9e1fbc4c68";
const MISSING =
  'HTTP 503: Failed to create Target Service: namespaces "does-not-exist" not found [ERR_NGROK_20003]';

describeScene("after a stream of events, kubectl", "kubectl", (scene) => {
  const { fn, operator, cluster } = scene;

  beforeAll(async () => {
    const stream = [
      created("ep_34ieQ8TaQcuWrEWPahJJ5p7sHDR", "http://alex-bindings-cli-test.default"),
      created("ep_34iePjXiqBy9J7zS71qsEk1PxbJ", "http://alex-bindings-cli-test.default", 1, {
        uri: undefined,
      }),
      created("ep_34ieQajOqQJ9DcgzCroGWvlMak2", "http://alex-bindings-cli-test.does-not-exist", 2),
      created("ep_REJECTED", "https://app.kubectl", 3),
      created("ep_EXCLUDED", "http://app.kubectl", 4, { bindings: ["public"] }),
      created("ep_DELETED", "tcp://gone.kubectl:443", 5),
      deleted("ep_DELETED", 6),
      created("ep_MOVED", "http://moved.kubectl", 7),
      updated("ep_MOVED", "tcp://moved.kubectl:443", 8),
    ];
    for (const event of stream) await fn.post(event);
  });

  /** Runs a command as it is documented, in a shell, with this file's operator namespace for the documented one. */
  async function shell(command: string): Promise<{ code: number | null; lines: string[]; stderr: string }> {
    const { code, stdout, stderr } = await run("sh", ["-c", command.replaceAll("ngrok-operator", operator)], {
      env: {
        PATH: `${dirname(cluster.kubectl)}:${process.env.PATH}`,
        KUBECONFIG: cluster.adminKubeconfig,
        KUBECACHEDIR: join(cluster.folder, "kubectl-cache"),
        KUBECTL_KUBERC: "false",
      },
    });
    const lines = stdout
      .replaceAll(operator, "ngrok-operator")
      .split("\n")
      .map((line) =>
        line
          .replace(/ {2,}/g, "  ")
          .replace(/\b\d+[sm](\d+s)?(?=\s|$)/g, "AGE")
          .trim(),
      )
      .filter((line) => line !== "");
    return { code, lines, stderr };
  }

  it("lists BoundEndpoints with the columns that users of ngrok's operator know", async () => {
    const { lines } = await shell("kubectl get boundendpoints -n ngrok-operator");
    expect(lines).toMatchInlineSnapshot(`
      [
        "NAME  URL  PORT  ENDPOINTS  SERVICES  READY  AGE",
        "ngrok-623fcd72-6609-5c57-a44a-9ba8241ab67c  tcp://moved.kubectl:443  38583  1 endpoint  True  True  AGE",
        "ngrok-96c65d4f-1422-5503-b353-0c9e1fbc4c68  http://alex-bindings-cli-test.does-not-exist:80  49777  1 endpoint  False  False  AGE",
        "ngrok-fdc71d00-ab87-5f84-b837-b315c947a52c  http://alex-bindings-cli-test.default:80  35547  2 endpoints  True  True  AGE",
      ]
    `);
  });

  it("lists the reason and the message of each with -o wide", async () => {
    const { lines } = await shell("kubectl get boundendpoints -n ngrok-operator -o wide");
    expect(lines).toMatchInlineSnapshot(`
      [
        "NAME  URL  PORT  ENDPOINTS  SERVICES  READY  AGE  REASON  MESSAGE",
        "ngrok-623fcd72-6609-5c57-a44a-9ba8241ab67c  tcp://moved.kubectl:443  38583  1 endpoint  True  True  AGE  BoundEndpointReady  BoundEndpoint is ready",
        "ngrok-96c65d4f-1422-5503-b353-0c9e1fbc4c68  http://alex-bindings-cli-test.does-not-exist:80  49777  1 endpoint  False  False  AGE  ServiceCreationFailed  HTTP 503: Failed to create Target Service: namespaces "does-not-exist" not found [ERR_NGROK_20003]",
        "ngrok-fdc71d00-ab87-5f84-b837-b315c947a52c  http://alex-bindings-cli-test.default:80  35547  2 endpoints  True  True  AGE  BoundEndpointReady  BoundEndpoint is ready",
      ]
    `);
  });

  it("waits for a BoundEndpoint to become ready", async () => {
    const wait = (name: string, condition: string, timeout: string) =>
      shell(
        `kubectl wait --for=condition=${condition} boundendpoint/${name} -n ngrok-operator --timeout=${timeout}`,
      );
    expect(await wait(READY, "Ready", "60s")).toMatchObject({
      code: 0,
      lines: [`boundendpoint.bindings.k8s.ngrok.com/${READY} condition met`],
    });
    expect(await wait(NO_NAMESPACE, "Ready=False", "60s")).toMatchObject({ code: 0 });
    // Zero means: look once.
    expect(await wait(NO_NAMESPACE, "Ready", "0")).toMatchObject({ code: 1, lines: [] });
  });

  it("prints the documented custom columns", async () => {
    const { lines } = await shell(`kubectl get boundendpoints -A -o custom-columns="\\
NAME:.metadata.name,\\
NAMESPACE:.metadata.namespace,\\
ENDPOINTS:.status.endpointsSummary,\\
TARGET:.status.targetServiceRef.name,\\
READY:.status.conditions[?(@.type=='Ready')].status,\\
REASON:.status.conditions[?(@.type=='Ready')].reason"`);
    expect(lines[0]).toBe("NAME  NAMESPACE  ENDPOINTS  TARGET  READY  REASON");
    expect(lines).toContain(
      `${READY}  ngrok-operator  2 endpoints  alex-bindings-cli-test  True  BoundEndpointReady`,
    );
    expect(lines).toContain(
      `${NO_NAMESPACE}  ngrok-operator  1 endpoint  <none>  False  ServiceCreationFailed`,
    );
  });

  it.each([
    [READY, "Ready", { status: "True", reason: "BoundEndpointReady", message: "BoundEndpoint is ready" }],
    [
      READY,
      "ServicesCreated",
      { status: "True", reason: "ServicesCreated", message: "Target and Upstream services created" },
    ],
    [READY, "ConnectivityVerified", { status: "Unknown", reason: "ConnectivityNotVerified" }],
    [NO_NAMESPACE, "Ready", { status: "False", reason: "ServiceCreationFailed", message: MISSING }],
    [NO_NAMESPACE, "ServicesCreated", { status: "False", reason: "ServiceCreationFailed", message: MISSING }],
  ])("prints of %s the condition %s", async (name, type, expected) => {
    const { lines } = await shell(
      `kubectl get boundendpoint ${name} -n ngrok-operator -o jsonpath='{.status.conditions[?(@.type=="${type}")]}'`,
    );
    expect(JSON.parse(lines.join(""))).toMatchObject({
      type,
      observedGeneration: 1,
      lastTransitionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      ...expected,
    });
  });

  it("lists every endpoint ever pushed, and why it is or is not bound", async () => {
    const { lines } = await shell("kubectl get endpointrecords -n ngrok-operator --sort-by=.spec.key.time");
    expect(lines).toMatchInlineSnapshot(`
      [
        "NAME  ID  URL  VERDICT  REASON  LAST DELIVERY  AGE",
        "ep-cdef485f-c610-5ede-848a-e89fbc0fa40e  ep_34ieQ8TaQcuWrEWPahJJ5p7sHDR  http://alex-bindings-cli-test.default  Bound  Bound  AGE",
        "ep-30c07344-1a15-5dbe-9402-6fe7034c9eb9  ep_34iePjXiqBy9J7zS71qsEk1PxbJ  http://alex-bindings-cli-test.default  Bound  Bound  AGE",
        "ep-3483aa9f-ae48-5b83-a867-3a5ef9b3c077  ep_34ieQajOqQJ9DcgzCroGWvlMak2  http://alex-bindings-cli-test.does-not-exist  Bound  Bound  NamespaceMissing  AGE",
        "ep-31d18a50-a906-5f60-b6b3-14bc857e552a  ep_REJECTED  https://app.kubectl  Rejected  SchemeNotSupported  AGE",
        "ep-cdb0e136-ffff-5784-8cac-0605ad0086d2  ep_EXCLUDED  http://app.kubectl  Excluded  NotKubernetes  AGE",
        "ep-c0bbb04a-7534-5e12-9e62-49ab6f000cb5  ep_DELETED  Deleted  Deleted  AGE",
        "ep-7850fc5d-851b-56ac-93a4-4aa6e4ab9db2  ep_MOVED  tcp://moved.kubectl:443  Bound  Bound  AGE",
      ]
    `);
    const wide = await shell("kubectl get epr -n ngrok-operator --sort-by=.spec.key.time -o wide");
    expect(wide.lines).toMatchInlineSnapshot(`
      [
        "NAME  ID  URL  VERDICT  REASON  LAST DELIVERY  EVENT TIME  MESSAGE  LAST DELIVERY MESSAGE  AGE",
        "ep-cdef485f-c610-5ede-848a-e89fbc0fa40e  ep_34ieQ8TaQcuWrEWPahJJ5p7sHDR  http://alex-bindings-cli-test.default  Bound  Bound  2026-01-01T00:00:00Z  the endpoint is bound to http://alex-bindings-cli-test.default:80  AGE",
        "ep-30c07344-1a15-5dbe-9402-6fe7034c9eb9  ep_34iePjXiqBy9J7zS71qsEk1PxbJ  http://alex-bindings-cli-test.default  Bound  Bound  2026-01-01T00:00:01Z  the endpoint is bound to http://alex-bindings-cli-test.default:80  AGE",
        "ep-3483aa9f-ae48-5b83-a867-3a5ef9b3c077  ep_34ieQajOqQJ9DcgzCroGWvlMak2  http://alex-bindings-cli-test.does-not-exist  Bound  Bound  NamespaceMissing  2026-01-01T00:00:02Z  the endpoint is bound to http://alex-bindings-cli-test.does-not-exist:80  HTTP 503: Failed to create Target Service: namespaces "does-not-exist" not found [ERR_NGROK_20003]  AGE",
        "ep-31d18a50-a906-5f60-b6b3-14bc857e552a  ep_REJECTED  https://app.kubectl  Rejected  SchemeNotSupported  2026-01-01T00:00:03Z  object.url: invalid scheme "https": it must be http or tcp, https and tls are not supported  AGE",
        "ep-cdb0e136-ffff-5784-8cac-0605ad0086d2  ep_EXCLUDED  http://app.kubectl  Excluded  NotKubernetes  2026-01-01T00:00:04Z  "kubernetes" is not among the bindings  AGE",
        "ep-c0bbb04a-7534-5e12-9e62-49ab6f000cb5  ep_DELETED  Deleted  Deleted  2026-01-01T00:00:06Z  the endpoint was deleted  AGE",
        "ep-7850fc5d-851b-56ac-93a4-4aa6e4ab9db2  ep_MOVED  tcp://moved.kubectl:443  Bound  Bound  2026-01-01T00:00:08Z  the endpoint is bound to tcp://moved.kubectl:443  AGE",
      ]
    `);
  });

  it("lists what each host name serves", async () => {
    const { lines } = await shell("kubectl get boundhosts -n ngrok-operator");
    expect(lines).toMatchInlineSnapshot(`
      [
        "NAME  URLS  ENDPOINTS  PROBLEM  AGE",
        "alex-bindings-cli-test.default  http://alex-bindings-cli-test.default:80  2  AGE",
        "alex-bindings-cli-test.does-not-exist  http://alex-bindings-cli-test.does-not-exist:80  1  AGE",
        "gone.kubectl  0  AGE",
        "moved.kubectl  tcp://moved.kubectl:443  1  AGE",
      ]
    `);
    const wide = await shell("kubectl get bh -n ngrok-operator -o wide");
    expect(wide.lines[0]).toBe("NAME  URLS  ENDPOINTS  PROBLEM  EPOCH  AGE");
    expect(wide.lines).toContain("moved.kubectl  tcp://moved.kubectl:443  1  2  AGE");
  });

  it.each([
    ["boundendpoint", "BoundEndpoint says that ngrok endpoints with one URL"],
    ["boundendpoint.spec", "The target Service that this endpoint projects."],
    ["boundendpoint.spec.target.metadata", "Keys and values that are added to the labels"],
    ["boundendpoint.status", "The number of endpoints bound here, for people"],
    ["boundendpoint.status.conditions", "lastTransitionTime"],
    ["boundendpoint.status.endpoints", "uri"],
    ["endpointrecord.spec", "Every host name that the endpoint has been on"],
    ["endpointrecord.spec.key", "Hash of the endpoint as received."],
    ["endpointrecord.spec.verdict", "The reason in words."],
    ["endpointrecord.status", "A programmatic identifier of the problem."],
    ["boundhost.spec", "The endpoints on this host, and those that left it lately, by ngrok endpoint id."],
    ["boundhost.spec.entries", "leftAt"],
    ["boundhost.spec.urls", "The forwarder's port for this URL"],
  ])("explains %s", async (path, text) => {
    const { code, lines } = await shell(`kubectl explain ${path}`);
    expect(code).toBe(0);
    expect(lines.join(" ")).toContain(text);
    expect(lines.join(" ")).not.toMatch(/no description|<empty>/);
  });
});
