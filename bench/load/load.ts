import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Prepared } from "./checker.js";
import { type Connection, openConnection } from "./connection.js";

const NANOS_PER_MS = 1e6;
/** A server that has not finished the last requests after that time never will. */
const DRAIN_MS = 15_000;

/** Open connections to one server. */
export interface Load {
  /**
   * Keeps every connection busy for that time and until `atLeast` requests were sent, then waits for the last answers.
   *
   * @throws Error at the first wrong answer or broken connection
   */
  run(durationMs: number, atLeast?: number): Promise<LoadResult>;
  close(): void;
}

export interface LoadResult {
  requests: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
}

function resultOf(histogram: RecordableHistogram, elapsedMs: number): LoadResult {
  return {
    requests: histogram.count,
    elapsedMs,
    p50Ms: histogram.percentile(50) / NANOS_PER_MS,
    p99Ms: histogram.percentile(99) / NANOS_PER_MS,
  };
}

/** @param nextRequest what is sent next */
export async function openLoad(
  port: number,
  connectionCount: number,
  nextRequest: () => Prepared,
): Promise<Load> {
  let broken: ((error: Error) => void) | undefined;
  const failed = (error: Error) => broken?.(error);
  const connections: Connection[] = await Promise.all(
    Array.from({ length: connectionCount }, () => openConnection(port, failed)),
  );
  function drive(
    histogram: RecordableHistogram,
    isOver: (sent: number) => boolean,
    fail: (error: Error) => void,
  ) {
    let busy = connections.length;
    let sent = 0;
    return new Promise<void>((resolve) => {
      const send = (connection: Connection): void => {
        if (isOver(sent)) {
          busy -= 1;
          if (busy === 0) resolve();
          return;
        }
        const { bytes, check } = nextRequest();
        sent += 1;
        const sentAt = process.hrtime.bigint();
        connection.exchange(bytes, (status, body) => {
          histogram.record(process.hrtime.bigint() - sentAt);
          try {
            check(status, body);
          } catch (error) {
            fail(error as Error);
            return;
          }
          send(connection);
        });
      };
      for (const connection of connections) send(connection);
    });
  }

  return {
    async run(durationMs, atLeast = 0) {
      const histogram = createHistogram();
      const startedAt = performance.now();
      const isOver = (sent: number) => sent >= atLeast && performance.now() - startedAt >= durationMs;
      let timer: NodeJS.Timeout | undefined;
      const failure = new Promise<never>((_, reject) => {
        broken = reject;
        const tooLong = () => reject(new Error("the server stopped answering"));
        timer = setTimeout(tooLong, durationMs + DRAIN_MS + atLeast * 50);
      });
      const fail = (error: Error) => broken?.(error);
      try {
        await Promise.race([drive(histogram, isOver, fail), failure]);
      } finally {
        clearTimeout(timer);
        broken = undefined;
      }
      return resultOf(histogram, performance.now() - startedAt);
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
