import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { Id } from "../../simulator/store/store.js";
import { eventStreamRequest, openEventStream } from "../support/event-stream.js";
import { rawConnection } from "../support/fuzz-raw-http.js";
import { type House, startHouse } from "../support/house.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const INTERVAL_MS = 15_000;

function subscription(jobId: Id, versionId: Id) {
  const query = `subscription ($jobId: ID!, $versionId: ID!) {
    trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId) { status }
  }`;
  return { query, variables: { jobId: String(jobId), versionId: String(versionId) } };
}

/** Time passes for what is done at intervals only: everything else runs as ever. */
describe("a heartbeat", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ STATUS_POLL_INTERVAL_MS: "20" });
  });
  afterAll(() => house[Symbol.asyncDispose]());
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(async () => {
    await until("no heartbeat is left", () => vi.getTimerCount() === 0);
    vi.useRealTimers();
  });

  describe("over WebSocket", () => {
    async function connect(autoPong: boolean) {
      const url = `${house.gateway.url.replace("http", "ws")}/graphql`;
      const socket = new WebSocket(url, "graphql-transport-ws", { autoPong });
      const seen = { pings: 0 };
      socket.on("ping", () => {
        seen.pings += 1;
      });
      await once(socket, "open");
      return { socket, seen };
    }

    /** Once a ping of the client's own is answered, everything before it has arrived, in both directions. */
    async function settle(socket: WebSocket): Promise<void> {
      socket.ping();
      await once(socket, "pong");
    }

    it("is a ping every 15 s, for as long as the client answers", async () => {
      const { socket, seen } = await connect(true);
      for (let beats = 1; beats <= 3; beats += 1) {
        vi.advanceTimersByTime(INTERVAL_MS - 1);
        await settle(socket);
        expect(seen.pings).toBe(beats - 1);
        vi.advanceTimersByTime(1);
        await settle(socket);
        expect(seen.pings).toBe(beats);
      }
      socket.terminate();
    });

    it("ends a socket whose client has not answered when the next one is due", async () => {
      const { socket, seen } = await connect(false);
      const closed = once(socket, "close");
      vi.advanceTimersByTime(INTERVAL_MS);
      await settle(socket);
      expect([seen.pings, socket.readyState]).toEqual([1, WebSocket.OPEN]);
      vi.advanceTimersByTime(INTERVAL_MS);
      // Nobody is there to take part in a closing handshake.
      expect((await closed)[0]).toBe(1006);
    });

    it("ends with its socket", async () => {
      const { socket } = await connect(true);
      expect(vi.getTimerCount()).toBe(1);
      socket.terminate();
      await until("no heartbeat is left", () => vi.getTimerCount() === 0);
    });
  });

  describe("over Server-Sent Events", () => {
    async function open() {
      const { simulator, gateway } = house;
      const job = simulator.addJob();
      const version = simulator.addVersion(job.id, { status: STATUS.INIT });
      const stream = await openEventStream(gateway.url, subscription(job.id, version.id), simulator.headers);
      const become = (status: number) => simulator.setStatus(job.id, version.id, status);
      return { ...stream, become };
    }

    it("is a comment every 15 s", async () => {
      const stream = await open();
      await until("the subscription has begun", () => stream.text().includes("event: next"));
      for (const status of [STATUS.WAITING, STATUS.RUNNING]) {
        const before = stream.text();
        vi.advanceTimersByTime(INTERVAL_MS - 1);
        stream.become(status);
        await until("the change is told", () => stream.text().length > before.length);
        const told = stream.text();
        expect(told.slice(before.length)).not.toMatch(/^:/m);
        vi.advanceTimersByTime(1);
        await until("the comment has arrived", () => stream.text() === `${told}:\n\n`);
      }
      stream.close();
    });

    it("ends with an answer that is whole, also while that is queued behind another one", async () => {
      const { gateway, simulator } = house;
      const { socket, closed } = rawConnection(gateway.url);
      const isAnswered = () =>
        gateway.logs.some(({ event, operationName }) => event === "operation" && operationName === "Queued");
      for (const query of [
        'subscription { trainingJobStatusChanged(jobId: "10") { status } }',
        "query Queued { __typename }",
      ])
        socket.write(eventStreamRequest(query, simulator.headers));
      await until("the second one is answered", isAnswered);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(INTERVAL_MS);
      socket.destroy();
      await closed;
    });

    it("ends with its response", async () => {
      const stream = await open();
      expect(vi.getTimerCount()).toBe(1);
      stream.close();
      await stream.ended;
      await until("no heartbeat is left", () => vi.getTimerCount() === 0);
    });
  });
});
