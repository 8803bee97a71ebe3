import { expect, it } from "vitest";
import type { BoundEndpoint, EndpointRecord } from "../../lib/cluster/objects.ts";
import { recordName } from "../../lib/endpoint/hashed-name.ts";
import { created } from "../support/events.ts";
import { BINDINGS, PUSHBIND } from "../support/scene.ts";
import { describeScene } from "./suite.ts";
import { ACCEPTED, ELSEWHERE, REJECTED, SEVERAL, VECTORS } from "./url-tables.ts";

describeScene("the URL of an endpoint", "urls", (scene) => {
  const { fn, operator } = scene;
  let count = 0;
  const nextId = () => `ep_URL_${++count}`;

  const recordOf = (id: string) =>
    scene.read<EndpointRecord>(`${PUSHBIND}/namespaces/${operator}/endpointrecords/${recordName(id)}`);

  async function expectBound(object: Record<string, unknown>, canonical: string) {
    const id = nextId();
    const { url, ...others } = object;
    const { status, body } = await fn.post(created(id, url, 0, others));
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: "bound" });
    const name = body.boundEndpoint?.name ?? "";
    const bound = await scene.read<BoundEndpoint>(
      `${BINDINGS}/namespaces/${operator}/boundendpoints/${name}`,
    );
    const [, scheme, service, namespace, port] = /^(\w+):..([^.]+)\.([^:]+):(\d+)$/.exec(canonical) ?? [];
    expect(bound?.spec).toMatchObject({
      endpointURL: canonical,
      scheme,
      target: { service, namespace, port: Number(port) },
    });
    expect(bound?.status?.hashedName).toBe(name);
    expect(bound?.status?.endpoints?.map((endpoint) => endpoint.id)).toContain(id);
    return name;
  }

  async function expectRejected(object: Record<string, unknown>) {
    const id = nextId();
    const { url, ...others } = object;
    const before = await scene.objects();
    const answer = await fn.post(created(id, url, 0, others));
    const { errors = [], ...body } = answer.body;
    const detail = errors.map(({ at, message }) => `${at}: ${message}`).join("; ");
    const [first] = errors;
    expect(answer).toMatchObject({
      status: 400,
      headers: { "content-type": "application/problem+json; charset=utf-8" },
    });
    expect(body).toMatchObject({
      status: 400,
      outcome: "rejected",
      reason: first?.reason,
      endpointId: id,
      detail,
    });
    expect(await scene.objects()).toEqual(before);
    const record = await recordOf(id);
    expect(record?.spec.verdict).toEqual({ state: "Rejected", reason: first?.reason, message: detail });
    expect(record?.spec.hosts).toEqual([]);
    return errors;
  }

  it.each(ACCEPTED)("%s is accepted as %s: %s", async (url, canonical) => {
    const name = await expectBound({ url }, canonical);
    if (canonical in VECTORS) expect(name).toBe(VECTORS[canonical]);
  });

  it.each(ELSEWHERE)("is taken from %j as %s: %s", async (object, canonical) => {
    await expectBound(object, canonical);
  });

  it("is one BoundEndpoint for all ways to write it", async () => {
    const list = await scene.read<{ items: BoundEndpoint[] } & BoundEndpoint>(
      `${BINDINGS}/namespaces/${operator}/boundendpoints`,
    );
    const canonical = [...ACCEPTED, ...ELSEWHERE].map(([, bound]) => bound);
    expect(list?.items.map(({ spec }) => spec?.endpointURL).sort()).toEqual([...new Set(canonical)].sort());
    const pool = list?.items.find(({ spec }) => spec?.endpointURL === "http://app.example:80");
    expect(pool?.status?.endpointsSummary).toBe("4 endpoints");
  });

  it.each(REJECTED)("%j is rejected: %s", async (url, reason, message) => {
    expect(await expectRejected({ url })).toEqual([{ at: "object.url", reason, message }]);
  });

  it.each(SEVERAL)("%j is rejected for %j at once: %s", async (object, wrong) => {
    const errors = await expectRejected(object);
    expect(errors.map(({ at, reason }) => [at, reason])).toEqual(wrong);
  });

  it("is quoted in reply, verdict and log without a password", async () => {
    const id = nextId();
    const { text } = await fn.post(created(id, "http://me:s3cr3t@app.example"));
    const record = await recordOf(id);
    expect(text + JSON.stringify(record?.spec.verdict) + JSON.stringify(fn.logged)).not.toContain("s3cr3t");
  });
});
