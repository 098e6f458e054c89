import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RedisTimeout, TimedOut } from "../../src/redis-timeout.js";

const TIMEOUT_MS = 1_000;
const BEAT_MS = 100;

describe("a time-out", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += BEAT_MS) {
      vi.advanceTimersByTime(BEAT_MS);
      await new Promise(setImmediate);
    }
  }

  test("ends with the time-out, and at most a tenth of it later", async () => {
    const expired: unknown[] = [];
    const timeout = new RedisTimeout(TIMEOUT_MS);
    timeout.begin((error) => expired.push(error));
    await pass(TIMEOUT_MS);
    expect(expired).toEqual([]);
    await pass(BEAT_MS);
    expect(expired).toEqual([expect.any(TimedOut)]);
  });

  test("is as long for who comes later", async () => {
    const expired: string[] = [];
    const timeout = new RedisTimeout(TIMEOUT_MS);
    timeout.begin(() => expired.push("first"));
    await pass(TIMEOUT_MS / 2);
    timeout.begin(() => expired.push("second"));
    await pass(TIMEOUT_MS);
    expect(expired).toEqual(["first"]);
    await pass(BEAT_MS);
    expect(expired).toEqual(["first", "second"]);
  });

  test("has no end for what is answered, and keeps no timer then", async () => {
    const timeout = new RedisTimeout(TIMEOUT_MS);
    const expired: unknown[] = [];
    const stops = [1, 2].map(() => timeout.begin((error) => expired.push(error)));
    expect(vi.getTimerCount()).toBe(1);
    for (const stop of stops) stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(2 * TIMEOUT_MS);
    expect(expired).toEqual([]);
  });

  test("reads what has come before it ends", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const socket = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
    const [peer] = (await once(server, "connection")) as [Socket];
    const answer = new Promise<Buffer>((resolve, reject) => {
      new RedisTimeout(TIMEOUT_MS).begin(reject);
      socket.once("data", resolve);
    });
    await pass(TIMEOUT_MS);
    peer.write("answer");
    vi.advanceTimersByTime(BEAT_MS);
    expect(String(await answer)).toBe("answer");
    socket.destroy();
    server.close();
  });
});
