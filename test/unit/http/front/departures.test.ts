import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { Departures } from "../../../../src/http/front/departures.js";

const closeAll: (() => void)[] = [];
afterEach(() => {
  for (const close of closeAll.splice(0)) close();
});

const REQUEST = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/**
 * A server whose answers are told to end by hand, and a connection to it.
 *
 * @param onRequest told of each right when its request has come
 */
async function connected(onRequest: (response: ServerResponse) => void = () => {}) {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    onRequest(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
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
    port,
    socket,
    responses,
    ask: (times: number) => socket.write(REQUEST.repeat(times)),
    untilAsked: (times: number) => until(() => responses.length === times),
    async untilReceived(end: string) {
      await until(() => received.endsWith(end));
      return received;
    },
  };
}

/** @param departures with whom it leaves: alone unless told */
function answer(response: ServerResponse, body: string | Buffer, departures = new Departures()): void {
  const bytes = Buffer.byteLength(body);
  response.writeHead(200, ["content-length", String(bytes)]);
  departures.end(response, body, bytes);
}

/** Requests that have come over connections of their own. */
async function askedByMany(count: number): Promise<ServerResponse[]> {
  const { port, responses, ask, untilAsked } = await connected();
  ask(1);
  for (let number = 1; number < count; number += 1) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    closeAll.push(() => socket.destroy());
    socket.write(REQUEST);
  }
  await untilAsked(count);
  return responses;
}

const written = (response: ServerResponse) =>
  (response.socket?.bytesWritten ?? 0) - (response.socket?.writableLength ?? 0);

it.each([
  ["plain", "plain text."],
  ["of other alphabets", "Größe 大 🙂."],
  ["longer than one write takes", `${"x".repeat(300_000)}ü.`],
  ["bytes already", Buffer.from("Größe 大 🙂.")],
])("sends a body that is %s", async (_, body) => {
  const { ask, responses, untilAsked, untilReceived } = await connected();
  ask(1);
  await untilAsked(1);
  for (const response of responses) answer(response, body);
  const received = await untilReceived(".");
  expect(received.slice(received.indexOf("\r\n\r\n") + 4)).toBe(String(body));
});

it("writes head and body at once, and nothing behind them", async () => {
  const [response] = (await askedByMany(1)) as [ServerResponse];
  const { socket } = response;
  if (socket === null) throw new Error("no connection");
  const writes = [vi.spyOn(socket, "_write"), vi.spyOn(socket, "_writev")];
  const finished = once(response, "finish");
  answer(response, "an answer");
  await finished;
  expect(writes.map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
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

it("answers a client that says with his request that he sends no more", async () => {
  const { socket, untilReceived } = await connected((response) => answer(response, "an answer."));
  socket.end(REQUEST);
  await untilReceived("an answer.");
});

it("takes a client that has gone for no failure", async () => {
  const { ask, responses, socket, untilAsked } = await connected();
  ask(1);
  await untilAsked(1);
  const [response] = responses as [ServerResponse];
  const closed = once(response, "close");
  socket.destroy();
  await closed;
  answer(response, "nobody reads this");
  // What is thrown when it leaves fails the test.
  await setImmediate();
  expect(response.writableEnded).toBe(true);
});

it("writes answers of one turn of the event loop at its end", async () => {
  const responses = await askedByMany(3);
  const departures = new Departures();
  for (const response of responses) answer(response, "an answer", departures);
  expect(responses.map(written)).toEqual([0, 0, 0]);
  expect(responses.map((response) => departures.hasEnded(response))).toEqual([true, true, true]);
  const finished = responses.map((response) => once(response, "finish"));
  await setImmediate();
  expect(responses.map(({ writableEnded }) => writableEnded)).toEqual([true, true, true]);
  await Promise.all(finished);
});

it("lets 32 answers leave together at most", async () => {
  const responses = await askedByMany(33);
  const departures = new Departures();
  for (const response of responses) answer(response, "an answer", departures);
  const leftAtOnce = responses.filter(({ writableEnded }) => writableEnded);
  expect(leftAtOnce).toEqual(responses.slice(0, 32));
  await once(responses[32] as ServerResponse, "finish");
});

it("sends the other answers although a client goes while his own waits", async () => {
  const [gone, other] = (await askedByMany(2)) as [ServerResponse, ServerResponse];
  const departures = new Departures();
  answer(gone, "nobody reads this", departures);
  answer(other, "an answer", departures);
  gone.socket?.destroy();
  await Promise.all([once(other, "finish"), once(gone, "close")]);
  expect(other.writableFinished).toBe(true);
});
