import { expect, it } from "vitest";
import type { EndpointRecord } from "../../lib/cluster/objects.ts";
import { recordName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted, timeOf } from "../support/events.ts";
import type { Answer } from "../support/function.ts";
import { PUSHBIND } from "../support/scene.ts";
import { BATCH, cloudEvent, headersOf, STRUCTURED } from "./cloud-events.ts";
import { describeScene } from "./suite.ts";

describeScene("an event is the same in every envelope", "envelopes", (scene) => {
  const { fn, operator } = scene;

  const recordOf = (id: string) =>
    scene.read<EndpointRecord>(`${PUSHBIND}/namespaces/${operator}/endpointrecords/${recordName(id)}`);

  /** The endpoint of that id is bound at its host, by the event of that id and time. */
  async function expectBound(answer: Answer, id: string, eventId: string, time: string) {
    const host = `${id.toLowerCase()}.envelopes`;
    expect(answer).toMatchObject({ status: 200, body: { endpointId: id, eventId, outcome: "bound", host } });
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    const record = await recordOf(id);
    expect(record?.spec).toMatchObject({
      id,
      account: "ac_test",
      key: { time, kind: "upsert", eventId },
      verdict: { state: "Bound", url: `http://${host}:80` },
    });
    expect(await scene.objects()).toContain(`Service ${host.split(".").reverse().join("/")}`);
  }

  it("ngrok's own", async () => {
    const event = created("NGROK", "http://ngrok.envelopes", 1);
    await expectBound(await fn.post(event), "NGROK", event.event_id, timeOf(1));
  });

  it("a CloudEvent in binary mode, its attributes percent-encoded", async () => {
    const event = cloudEvent("BINARY", "http://binary.envelopes", { id: "ce BINARY \u20ac" });
    const headers = { ...headersOf(event), "ce-id": "ce%20BINARY%20%E2%82%AC" };
    await expectBound(await fn.post(event.data, { headers }), "BINARY", "ce BINARY \u20ac", timeOf(0));
  });

  it("a CloudEvent in structured mode", async () => {
    const event = cloudEvent("STRUCTURED", "http://structured.envelopes");
    const answer = await fn.post(event, { headers: STRUCTURED });
    await expectBound(answer, "STRUCTURED", "ce_STRUCTURED", timeOf(0));
  });

  it("a CloudEvent whose data is in base64", async () => {
    const { data, ...event } = cloudEvent("BASE64", "http://base64.envelopes");
    const data_base64 = Buffer.from(JSON.stringify(data)).toString("base64");
    const answer = await fn.post({ ...event, data_base64 }, { headers: STRUCTURED });
    await expectBound(answer, "BASE64", "ce_BASE64", timeOf(0));
  });

  it("a CloudEvent around ngrok's own: what that says counts", async () => {
    const inner = created("AROUND", "http://around.envelopes", 2);
    const event = cloudEvent("AROUND", "http://other.envelopes", {
      data: inner,
      type: "com.example.relayed",
    });
    const answer = await fn.post(event, { headers: STRUCTURED });
    await expectBound(answer, "AROUND", inner.event_id, timeOf(2));
  });

  it("a CloudEvent that names its account by an extension", async () => {
    const attributes = { source: "urn:relay", accountid: "ac_test", type: "endpoint_created.v0" };
    const event = cloudEvent("EXTENSION", "http://extension.envelopes", attributes);
    await expectBound(await fn.post(event, { headers: STRUCTURED }), "EXTENSION", "ce_EXTENSION", timeOf(0));
  });

  it("an Endpoint alone, with ?type", async () => {
    const { object } = created("BARE", "http://bare.envelopes");
    const answer = await fn.post(object, { query: "?type=created" });
    expect(answer).toMatchObject({ status: 200, body: { endpointId: "BARE", outcome: "bound" } });
    expect(answer.body.eventId).toMatch(/^sha256-[0-9a-f]{64}$/);
    expect((await recordOf("BARE"))?.spec.key).toMatchObject({ time: timeOf(0), kind: "upsert" });
    const moved = await fn.post(
      { ...object, url: "http://bare2.envelopes", updated_at: timeOf(1) },
      { query: "?type=updated" },
    );
    expect(moved.body).toMatchObject({ outcome: "bound", host: "bare2.envelopes" });
    const gone = await fn.post({ id: "BARE" }, { query: "?type=deleted" });
    expect(gone).toMatchObject({ status: 200, body: { outcome: "deleted", ready: true } });
    expect(await scene.objects()).not.toContainEqual(expect.stringContaining("envelopes/bare"));
    const unknown = await fn.post(object, { query: "?type=renamed" });
    expect(unknown).toMatchObject({
      status: 400,
      body: { errors: [{ at: "query.type", reason: "NotSupported" }] },
    });
  });

  it("at POST / as at POST /events", async () => {
    const event = created("ROOT", "http://root.envelopes");
    const response = await fn.app.inject({ method: "POST", url: "/", payload: event });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ endpointId: "ROOT", outcome: "bound" });
    expect((await fn.post(event)).body).toMatchObject({ endpointId: "ROOT", outcome: "unchanged" });
  });

  it("and deletes in each", async () => {
    const type = { type: "com.ngrok.endpoint.deleted", time: timeOf(9) };
    const event = cloudEvent("BINARY", "", type);
    // A delete may have no data: the subject says which endpoint, and there is no body then, nor its type.
    const { "content-type": _, ...headers } = headersOf(event);
    const empty = await fn.app.inject({ method: "POST", url: "/events", headers });
    expect(empty.json()).toMatchObject({ endpointId: "BINARY", outcome: "deleted" });
    const structured = cloudEvent("STRUCTURED", "", { ...type, data: undefined });
    const answers = [
      await fn.post("", { headers: headersOf(cloudEvent("EXTENSION", "", type)) }),
      await fn.post(structured, { headers: STRUCTURED }),
      await fn.post([cloudEvent("BASE64", "", type)], { headers: BATCH }),
      await fn.post(deleted("AROUND", 9)),
      await fn.post(deleted("NGROK", 9)),
      await fn.post({ id: "ROOT" }, { query: "?type=deleted" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await scene.objects()).toEqual([]);
  });

  it.each([
    [{ specversion: "0.3" }, [["specversion", "NotSupported"]]],
    [
      { id: "", source: undefined },
      [
        ["source", "FieldMissing"],
        ["id", "Empty"],
      ],
    ],
    [{ type: "com.ngrok.endpoint.renamed" }, [["type", "NotSupported"]]],
    [{ subject: "OTHER" }, [["subject", "IdsDisagree"]]],
    [{ accountid: "ac_other" }, [["accountid", "AccountsDisagree"]]],
    [
      { time: "noon", datacontenttype: "text/xml" },
      [
        ["time", "NotATime"],
        ["datacontenttype", "NotSupported"],
      ],
    ],
    [{ data: undefined, data_base64: "e30" }, [["data_base64", "FieldMissing"]]],
    [{ data: undefined, data_base64: "%" }, [["data_base64", "NotJSON"]]],
    [{ data: [] }, [["data", "WrongType"]]],
  ])("a CloudEvent with %j is none", async (attributes, wrong) => {
    const event = cloudEvent("WRONG", "http://wrong.envelopes", attributes);
    const answer = await fn.post(event, { headers: STRUCTURED });
    expect(answer.status).toBe(400);
    const found = answer.body.errors?.map(({ at, reason }) => [at, reason]);
    for (const problem of wrong) expect(found).toContainEqual(problem);
    expect(await recordOf("WRONG")).toBeUndefined();
  });

  it("a CloudEvent under the content type of another form is told so", async () => {
    const event = cloudEvent("WRONG", "http://wrong.envelopes");
    const asJson = await fn.post(event);
    expect(asJson).toMatchObject({ status: 400, body: { errors: [{ at: "headers.content-type" }] } });
    const asBatch = await fn.post(event, { headers: BATCH });
    expect(asBatch).toMatchObject({ status: 400, body: { errors: [{ at: "body", reason: "WrongType" }] } });
    const headers = { ...headersOf(event), "ce-id": "100%" };
    const encoded = await fn.post(event.data, { headers });
    expect(encoded.status).toBe(400);
    expect(encoded.body.errors).toContainEqual(
      expect.objectContaining({ at: "headers.ce-id", reason: "NotPercentEncoded" }),
    );
  });
});
