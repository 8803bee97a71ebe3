// Starts the bundle beside this file, which `npm run build` has put here, with what V8 has compiled of it before. It is
// CommonJS, as the bundle is: to bring up Node's loader of modules takes as long as to start an HTTP server.
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

// Before any file of ours is loaded, or it has no effect; a Node that is too old to have it is told so after that.
enableCompileCache?.(join(__dirname, "cache"));
require("./node-version.cjs");
require("./server.cjs");
