import { expect, it } from "vitest";
import { created, timeOf } from "../support/events.ts";
import { describeScene } from "./suite.ts";

describeScene("the log", "log", (scene) => {
  it("has one line for each event, and like reply and record nothing of what may be secret", async () => {
    const own = scene.start();
    const secret = "s3cr3t-of-the-policy";
    const policy = { traffic_policy: JSON.stringify({ on_http_request: [{ actions: [secret] }] }) };
    const event = created("ep_LOG", "http://log.log", 0, policy);
    const cloudEvent = {
      specversion: "1.0",
      id: "ce_LOG",
      source: "https://api.ngrok.com/accounts/ac_test",
      type: "com.ngrok.endpoint.created",
      time: timeOf(0),
      data: { ...event.object, id: "ep_LOG2", url: "https://log.log" },
    };
    const requests = await scene.requests(async () => {
      const bound = await own.post(event);
      const rejected = await own.post(cloudEvent, {
        headers: { "content-type": "application/cloudevents+json" },
      });
      const dry = await own.post({ ...event, event_timestamp: timeOf(1) }, { query: "?dryRun=All" });
      expect([bound, rejected, dry].map(({ status }) => status)).toEqual([200, 400, 200]);
      expect(bound.text + rejected.text + dry.text).not.toContain(secret);
    });
    expect(requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(requests)).not.toContain(secret);
    expect(JSON.stringify(own.logged)).not.toContain(secret);
    expect(own.logged).toHaveLength(3);
    expect(own.logged[0]).toMatchObject({
      eventId: "ev_ep_LOG_created_0",
      endpointId: "ep_LOG",
      host: "log.log",
      outcome: "bound",
      reason: "Bound",
      ready: true,
      status: 200,
      durationMs: expect.any(Number),
    });
    const { operator } = scene;
    expect(own.logged[0]?.changes).toContain("created Service log/log");
    expect(own.logged[0]?.changes).toContainEqual(
      expect.stringMatching(`^created BoundEndpoint ${operator}/ngrok-`),
    );
    expect(own.logged[1]).toMatchObject({
      eventId: "ce_LOG",
      endpointId: "ep_LOG2",
      outcome: "rejected",
      reason: "SchemeNotSupported",
      status: 400,
    });
  });
});
