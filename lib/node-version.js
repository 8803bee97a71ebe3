// Loaded with --import before anything else, and plain JavaScript, so that a Node too old to read
// TypeScript gets this sentence and no stack trace.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `pushbind needs Node 22.19 or later to run; this is ${process.versions.node} (${process.execPath}).\n` +
      "`npm ci` installs a fitting Node into node_modules/.bin on Linux, macOS and Windows, and the npm scripts " +
      "use it: start it by `npm start`, `npm test` or `npm run demo`, or install a newer Node.\n",
  );
  process.exit(1);
}
