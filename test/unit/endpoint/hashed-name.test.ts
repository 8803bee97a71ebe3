import fc from "fast-check";
import { v5 } from "uuid";
import { expect, test } from "vitest";
import { hashedName, recordName } from "../../../lib/endpoint/hashed-name.ts";

// The first two names stand in ngrok's documentation of the BoundEndpoint resource.
test.each([
  ["http://alex-bindings-cli-test.default:80", "ngrok-fdc71d00-ab87-5f84-b837-b315c947a52c"],
  ["http://alex-bindings-cli-test.does-not-exist:80", "ngrok-96c65d4f-1422-5503-b353-0c9e1fbc4c68"],
  ["http://my-bound-service.my-namespace:80", "ngrok-d942b8dc-39b9-531c-bf48-2e8677e600f0"],
  ["http://svc.ns:80", "ngrok-21122111-c26a-55b9-a5ac-4fe735c376c3"],
])("%s is %s", (canonical, name) => {
  expect(hashedName(canonical)).toBe(name);
});

test("names are those of another implementation of UUID version 5", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(hashedName(text)).toBe(`ngrok-${v5(text, v5.URL)}`);
      expect(recordName(text)).toBe(`ep-${v5(text, v5.URL)}`);
    }),
  );
});
