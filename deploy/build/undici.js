// What stands for the package in the bundle: all that calls to the API server are made with. The package as a whole also
// loads its fetch, WebSocket, caches and mocks.
export { default as Agent } from "undici/lib/dispatcher/agent.js";
export { default as ProxyAgent } from "undici/lib/dispatcher/proxy-agent.js";
// The client library names it where it makes calls of its own, of which there are none here.
export const { fetch } = globalThis;
