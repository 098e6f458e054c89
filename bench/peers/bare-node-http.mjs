/** The yardstick: reads the request, sends the body in BODY. */
import { createServer } from "node:http";

const body = Buffer.from(process.env.BODY);
const headers = { "content-type": "application/json", "content-length": body.length };

const server = createServer((request, response) => {
  request.on("end", () => {
    response.writeHead(200, headers);
    response.end(body);
  });
  request.resume();
});
server.keepAliveTimeout = 72_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
