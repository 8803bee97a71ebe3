import type {
  BoundEndpoint,
  BoundHost,
  EndpointRecord,
  KubeObject,
  Lease,
  Service,
} from "../../lib/cluster/objects.ts";
import { hashedName, recordName } from "../../lib/endpoint/hashed-name.ts";
import { BINDINGS, PUSHBIND, type Scene } from "../support/scene.ts";

/**
 * What the API server has for URLs, hosts and endpoints of one operator namespace. URLs are canonical, hosts are
 * `<service>.<namespace>`.
 */
export class HostView {
  readonly #scene: Scene;
  readonly #operator: string;

  constructor(scene: Scene, operator: string = scene.operator) {
    this.#scene = scene;
    this.#operator = operator;
  }

  readonly paths = {
    boundEndpoint: (url: string) =>
      `${BINDINGS}/namespaces/${this.#operator}/boundendpoints/${hashedName(url)}`,
    upstream: (url: string) => `/api/v1/namespaces/${this.#operator}/services/${hashedName(url)}`,
    target: (host: string) => {
      const [name, namespace] = host.split(".");
      return `/api/v1/namespaces/${namespace}/services/${name}`;
    },
    ledger: (host: string) => `${PUSHBIND}/namespaces/${this.#operator}/boundhosts/${host}`,
    record: (id: string) => `${PUSHBIND}/namespaces/${this.#operator}/endpointrecords/${recordName(id)}`,
    claim: (port: number) =>
      `/apis/coordination.k8s.io/v1/namespaces/${this.#operator}/leases/pushbind-port-${port}`,
  };

  boundEndpoint(url: string): Promise<BoundEndpoint | undefined> {
    return this.#scene.read(this.paths.boundEndpoint(url));
  }

  upstream(url: string): Promise<Service | undefined> {
    return this.#scene.read(this.paths.upstream(url));
  }

  target(host: string): Promise<Service | undefined> {
    return this.#scene.read(this.paths.target(host));
  }

  ledger(host: string): Promise<BoundHost | undefined> {
    return this.#scene.read(this.paths.ledger(host));
  }

  record(id: string): Promise<EndpointRecord | undefined> {
    return this.#scene.read(this.paths.record(id));
  }

  claim(port: number): Promise<Lease | undefined> {
    return this.#scene.read(this.paths.claim(port));
  }

  /** Status, and message where it is not True, of a condition of a URL's BoundEndpoint. */
  async condition(url: string, type: "Ready" | "ServicesCreated"): Promise<string | undefined> {
    const found = (await this.boundEndpoint(url))?.status?.conditions?.find((each) => each.type === type);
    return found?.status === "True" ? "True" : found && `${found.status}: ${found.message}`;
  }

  /** `port -> target port` of each port of a URL's upstream Service, by name. */
  async upstreamPorts(url: string): Promise<Record<string, string>> {
    return portsOf(await this.upstream(url));
  }

  /** The same of the target Service of a host. */
  async targetPorts(host: string): Promise<Record<string, string>> {
    return portsOf(await this.target(host));
  }

  /** The port of a URL's BoundEndpoint. */
  async port(url: string): Promise<number> {
    const port = (await this.boundEndpoint(url))?.spec?.port;
    if (port === undefined) throw new Error(`${url} has no BoundEndpoint`);
    return port;
  }

  /** The DNS name of a URL's upstream Service. */
  upstreamDns(url: string): string {
    return `${hashedName(url)}.${this.#operator}.svc.cluster.local`;
  }

  /** The BoundEndpoint and upstream Service of each URL, as `Scene.objects` names them. */
  behind(...urls: string[]): string[] {
    return urls.flatMap((url) => [
      `BoundEndpoint ${this.#operator}/${hashedName(url)}`,
      `Service ${this.#operator}/${hashedName(url)}`,
    ]);
  }

  /** All objects of a host that serves these URLs, as `Scene.objects` names them, sorted. */
  whole(host: string, ...urls: string[]): string[] {
    const [name, namespace] = host.split(".");
    return [...this.behind(...urls), `Service ${namespace}/${name}`].sort();
  }
}

function portsOf(service: Service | undefined): Record<string, string> {
  return Object.fromEntries(
    (service?.spec?.ports ?? []).map(({ name, port, targetPort }) => [
      name ?? "",
      `${port} -> ${targetPort}`,
    ]),
  );
}

/** Tells which BoundEndpoints and Services of a scene have come, and which have gone, since it was made. */
export async function difference(scene: Scene): Promise<() => Promise<{ come: string[]; gone: string[] }>> {
  const before = await scene.objects();
  return async () => {
    const after = await scene.objects();
    return {
      come: after.filter((name) => !before.includes(name)),
      gone: before.filter((name) => !after.includes(name)),
    };
  };
}

/** The object as the administrator now leaves it. */
export function mergePatch<T extends KubeObject>(scene: Scene, path: string, patch: object): Promise<T> {
  return scene.cluster.admin.must("PATCH", path, patch);
}
