// The least that can be started: plain JavaScript, so that nothing is translated, no module of ECMAScript, and node:http
// alone. It answers every request when its body has been read.

function serve({ createServer }) {
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end("{}\n");
    });
  });
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`);
  });
  process.once("SIGTERM", () => process.exit(0));
}

if (require.main === module) serve(require("node:http"));
module.exports = serve;
