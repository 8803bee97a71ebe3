import { describe, expect, test } from "vitest";
import { decode } from "../../../lib/event/decode.ts";
import { EVENT_TYPES } from "../../../lib/event/reading.ts";
import ngrokEvent from "../../../schemas/ngrok-event.json" with { type: "json" };
import {
  CLOUD_EVENT,
  changeOf,
  ENDPOINT,
  EVENT,
  NOW,
  problemsOf,
  request,
  resultOf,
  structured,
} from "./requests.ts";

const CHANGE = {
  id: "ep_1",
  kind: "upsert",
  time: "2026-04-03T00:00:00Z",
  eventId: "ce-1",
  account: "ac_1",
  endpoint: ENDPOINT,
};

const HEADERS = {
  "ce-specversion": "1.0",
  "ce-id": "ce-1",
  "ce-source": "https://api.ngrok.com/accounts/ac_1",
  "ce-type": "com.ngrok.endpoint.updated",
  "ce-subject": "ep_1",
  "ce-time": "2026-04-03T02:00:00+02:00",
};

describe("structured mode", () => {
  test("is read", () => {
    expect(changeOf(structured(CLOUD_EVENT))).toEqual(CHANGE);
  });

  test.each([
    ["com.ngrok.endpoint.created", "upsert"],
    ["com.ngrok.endpoint.updated", "upsert"],
    ["com.ngrok.endpoint.deleted", "delete"],
    ["endpoint_created.v0", "upsert"],
    ["endpoint_updated.v0", "upsert"],
    ["endpoint_deleted.v0", "delete"],
  ])("%s is an %s", (type, kind) => {
    expect(changeOf(structured({ ...CLOUD_EVENT, type })).kind).toBe(kind);
    expect(EVENT_TYPES).toContain(type);
  });

  test("the types of ngrok's envelope are among those of CloudEvents", () => {
    expect(EVENT_TYPES).toEqual(expect.arrayContaining(ngrokEvent.properties.event_type.enum));
  });

  test("data may come in base64", () => {
    const { data, ...bare } = CLOUD_EVENT;
    const data_base64 = Buffer.from(JSON.stringify(data)).toString("base64");
    expect(changeOf(structured({ ...bare, data_base64 }))).toEqual(CHANGE);
    for (const wrong of ["!", "e30", Buffer.from("[]").toString("base64"), "", "/////w=="]) {
      expect(problemsOf(structured({ ...bare, data_base64: wrong })), wrong).toContain("data_base64 NotJSON");
    }
  });

  test.each([
    ["source without an account", { source: "/ngrok" }, undefined],
    ["the extension", { source: "/ngrok", accountid: "ac_2" }, "ac_2"],
    ["both, agreeing", { accountid: "ac_1" }, "ac_1"],
    ["a longer source", { source: "/accounts/ac_3/endpoints?x#y" }, "ac_3"],
    ["no other accounts", { source: "/myaccounts/ac_3" }, undefined],
  ])("the account comes from %s", (_, attributes, account) => {
    expect(changeOf(structured({ ...CLOUD_EVENT, ...attributes })).account).toBe(account);
  });

  test.each([
    ["accounts that disagree", { accountid: "ac_2" }, ["accountid AccountsDisagree"]],
    ["a subject that is not the endpoint", { subject: "ep_2" }, ["subject IdsDisagree"]],
    ["a type that is not known", { type: "com.ngrok.endpoint.gone" }, ["type NotSupported"]],
    ["another version", { specversion: "0.3" }, ["specversion NotSupported"]],
    ["no id", { id: null }, ["id FieldMissing"]],
    ["an empty source", { source: "" }, ["source Empty"]],
    ["a time that is none", { time: "noon" }, ["time NotATime"]],
    ["data that is not JSON", { datacontenttype: "text/xml" }, ["datacontenttype NotSupported"]],
    ["data that is no object", { data: "x" }, ["data WrongType"]],
    ["no data", { data: null }, ["data FieldMissing"]],
    [
      "nothing right",
      { specversion: null, id: 1, source: null, type: null, data: { id: "" } },
      [
        "specversion FieldMissing",
        "source FieldMissing",
        "type FieldMissing",
        "id WrongType",
        "data.id Empty",
        "subject IdsDisagree",
      ],
    ],
  ])("%s: an error", (_, attributes, problems) => {
    expect(problemsOf(structured({ ...CLOUD_EVENT, ...attributes }))).toEqual(problems);
  });
});

describe("the subject", () => {
  test("is the endpoint's id where the data has none", () => {
    const { id: _, ...nameless } = ENDPOINT;
    expect(changeOf(structured({ ...CLOUD_EVENT, data: nameless }))).toEqual(CHANGE);
  });

  test("is enough for a delete, with or without a time", () => {
    const { data: _1, time, ...bare } = { ...CLOUD_EVENT, type: "com.ngrok.endpoint.deleted" };
    const gone = { ...CHANGE, kind: "delete", endpoint: { id: "ep_1" } };
    expect(changeOf(structured({ ...bare, time }))).toEqual(gone);
    expect(changeOf(structured(bare))).toEqual({ ...gone, time: undefined });
  });

  test("is not enough for a delete without it", () => {
    const { data: _1, subject: _2, ...bare } = { ...CLOUD_EVENT, type: "com.ngrok.endpoint.deleted" };
    expect(problemsOf(structured(bare))).toEqual(["data FieldMissing"]);
  });
});

describe("data that is a whole event of ngrok's", () => {
  test("counts, whatever the CloudEvent says it is", () => {
    const { account_id, ...rest } = EVENT;
    const around = { ...CLOUD_EVENT, type: "anything", data: { ...EVENT, account_id: "ac_9" } };
    expect(changeOf(structured(around))).toEqual({
      ...changeOf(request(EVENT)),
      account: "ac_9",
    });
    expect(changeOf(structured({ ...around, data: rest })).account).toBe(account_id);
  });

  test("takes from the CloudEvent what it does not say", () => {
    const data = { event_type: "endpoint_deleted.v0", object: ENDPOINT };
    expect(changeOf(structured({ ...CLOUD_EVENT, data }))).toEqual({ ...CHANGE, kind: "delete" });
  });

  test("has its errors where they are", () => {
    const data = { ...EVENT, event_type: "x", object: { id: 1 } };
    expect(problemsOf(structured({ ...CLOUD_EVENT, data }))).toEqual([
      "data.event_type NotSupported",
      "data.object.id WrongType",
    ]);
  });
});

describe("binary mode", () => {
  test("is read", () => {
    expect(changeOf(request(ENDPOINT, { headers: HEADERS }))).toEqual(CHANGE);
  });

  test.each([
    ["percent-encoded", "Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
    ["decoded once", "50%2525", "50%25"],
    ["quoted, as older senders do", '"a \\"b\\" \\\\c"', 'a "b" \\c'],
    ["plain", "ce 1+2", "ce 1+2"],
  ])("a header is %s", (_, sent, eventId) => {
    expect(changeOf(request(ENDPOINT, { headers: { ...HEADERS, "ce-id": sent } })).eventId).toBe(eventId);
  });

  test.each([
    ["half a sequence", { "ce-id": "%E2%82" }, ["headers.ce-id NotPercentEncoded"]],
    ["a lone percent sign", { "ce-subject": "100%" }, ["headers.ce-subject NotPercentEncoded"]],
    ["a line break in an id", { "ce-id": "a%0Ab" }, ["headers.ce-id CharacterNotAllowed"]],
    ["no type", { "ce-type": undefined }, ["headers.ce-type FieldMissing"]],
    ["an unknown type", { "ce-type": "x" }, ["headers.ce-type NotSupported"]],
    ["no version", { "ce-specversion": undefined }, ["headers.ce-specversion FieldMissing"]],
    ["another endpoint", { "ce-subject": "ep_2" }, ["headers.ce-subject IdsDisagree"]],
    ["another account", { "ce-accountid": "ac_2" }, ["headers.ce-accountid AccountsDisagree"]],
    ["the far future", { "ce-time": "2030-01-01T00:00:00Z" }, ["headers.ce-time TimeInFuture"]],
  ])("%s: an error", (_, headers, problems) => {
    expect(problemsOf(request(ENDPOINT, { headers: { ...HEADERS, ...headers } }))).toEqual(problems);
  });

  test("the endpoint's errors are at the top of the body", () => {
    const given = request({ ...ENDPOINT, id: 1, region: 2 }, { headers: HEADERS });
    expect(problemsOf(given)).toEqual(["id WrongType", "region WrongType"]);
  });

  test("a delete needs no body, and so no content type", () => {
    const headers = { ...HEADERS, "ce-type": "com.ngrok.endpoint.deleted" };
    const change = changeOf(request(undefined, { headers, contentType: undefined }));
    expect(change).toEqual({ ...CHANGE, kind: "delete", endpoint: { id: "ep_1" } });
  });

  test("a body needs one", () => {
    expect(decode(request(ENDPOINT, { headers: HEADERS, contentType: undefined }))).toMatchObject({
      status: 415,
    });
  });
});

describe("batched mode", () => {
  const batch = (body: unknown) =>
    decode({ contentType: "application/cloudevents-batch+json", headers: {}, query: {}, body, now: NOW });

  test("has a result for each event, in order, and one does not spoil another", () => {
    const decoded = batch([
      CLOUD_EVENT,
      7,
      { ...CLOUD_EVENT, data: { id: 1 } },
      { ...CLOUD_EVENT, data: EVENT },
    ]);
    if (!decoded.ok) throw new Error("the batch was refused");
    expect(decoded.batch).toBe(true);
    const [first, second, third, fourth] = decoded.changes;
    expect(first).toEqual({ ok: true, change: CHANGE });
    expect(second).toMatchObject({ ok: false, problems: [{ at: "[1]", reason: "WrongType" }] });
    expect(third).toMatchObject({
      ok: false,
      eventId: "ce-1",
      problems: [{ at: "[2].data.id", reason: "WrongType" }],
    });
    expect(fourth).toEqual(resultOf(request(EVENT)));
  });

  test("may be empty", () => {
    expect(batch([])).toEqual({ ok: true, changes: [], batch: true });
  });

  test("must be a list", () => {
    expect(batch(CLOUD_EVENT)).toMatchObject({ ok: false, status: 400, problems: [{ at: "body" }] });
  });
});
