import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { endWith } from "../../../../src/http/front/end-with.js";

const closeAll: (() => void)[] = [];
afterEach(() => {
  for (const close of closeAll.splice(0)) close();
});

/** A server whose answers are told to end by hand, and a connection to it. */
async function connected() {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => void responses.push(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    received += text;
  });
  closeAll.push(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const until = async (isThere: () => boolean) => {
    await expect.poll(isThere, { timeout: 5_000, interval: 5 }).toBe(true);
  };
  return {
    socket,
    responses,
    ask: (times: number) => socket.write("GET / HTTP/1.1\r\nHost: here\r\n\r\n".repeat(times)),
    untilAsked: (times: number) => until(() => responses.length === times),
    async untilReceived(end: string) {
      await until(() => received.endsWith(end));
      return received;
    },
  };
}

function answer(response: ServerResponse, body: string): void {
  const bytes = Buffer.byteLength(body);
  response.writeHead(200, ["content-length", String(bytes)]);
  endWith(response, body, bytes);
}

it.each([
  ["plain", "plain text."],
  ["of other alphabets", "Größe 大 🙂."],
  ["longer than one write takes", `${"x".repeat(300_000)}ü.`],
])("sends a body that is %s", async (_, body) => {
  const { ask, responses, untilAsked, untilReceived } = await connected();
  ask(1);
  await untilAsked(1);
  for (const response of responses) answer(response, body);
  const received = await untilReceived(".");
  expect(received.slice(received.indexOf("\r\n\r\n") + 4)).toBe(body);
});

it("leaves the connection to the next request", async () => {
  const { ask, responses, untilAsked, untilReceived } = await connected();
  for (const number of [1, 2, 3]) {
    ask(1);
    await untilAsked(number);
    answer(responses.at(-1) as ServerResponse, `answer ${number}.`);
    await untilReceived(`answer ${number}.`);
  }
});

it("keeps the answers to requests that came together in their order", async () => {
  const { ask, responses, untilAsked, untilReceived } = await connected();
  ask(2);
  await untilAsked(2);
  const [first, second] = responses as [ServerResponse, ServerResponse];
  answer(second, "second.");
  answer(first, "first.");
  const received = await untilReceived("second.");
  expect(received.match(/first|second/g)).toEqual(["first", "second"]);
});

it("takes a client that has gone for no failure", async () => {
  const { ask, responses, socket, untilAsked } = await connected();
  ask(1);
  await untilAsked(1);
  const [response] = responses as [ServerResponse];
  const closed = once(response, "close");
  socket.destroy();
  await closed;
  expect(() => answer(response, "nobody reads this")).not.toThrow();
});
