import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Logger } from "../observability/logger.js";
import { collectMetrics, LABEL_VARIABLE } from "./metrics-relay.js";

/** Between a worker's end and the start of the one in its place, so that workers that cannot live do not fill the machine. */
const RESTART_DELAY_MS = 1_000;

export interface SupervisorOptions {
  count: number;
  host: string;
  /** 0: any free one. */
  port: number;
  log: Logger;
  /** Ends this process once no worker is left. */
  exit(code: number): void;
}

/** One port for all workers, those that take others' places included: the system would give each its own once none is left. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Runs so many gateways behind one port, each in a process of its own (Node's cluster), until it is told to stop. A
 * worker that ends is replaced; where one ends and none has listened yet, all end: what stopped it would stop the next one.
 */
export async function superviseWorkers(options: SupervisorOptions): Promise<void> {
  const { count, log, exit } = options;
  const port = options.port === 0 ? await freePort(options.host) : options.port;
  const listening = new Set<Worker>();
  const labels = new WeakMap<Worker, string>();
  let hasListened = false;
  let exitCode = 0;
  let isStopping = false;

  function workers(): Worker[] {
    return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  }

  function stop(signal: NodeJS.Signals): void {
    if (isStopping) return;
    isStopping = true;
    for (const worker of workers()) worker.process.kill(signal);
  }

  function start(label: string): void {
    labels.set(cluster.fork({ [LABEL_VARIABLE]: label, PORT: port }), label);
  }

  cluster.on("listening", (worker) => {
    hasListened = true;
    listening.add(worker);
  });
  cluster.on("exit", (worker, code, signal) => {
    listening.delete(worker);
    if (isStopping) {
      // One that was still starting has no handler for the signal yet.
      if (signal !== "SIGTERM") exitCode ||= code ?? 1;
    } else if (hasListened) {
      log.error({ event: "worker_ended", code, signal }, "A worker ended; another one takes its place");
      setTimeout(() => {
        if (!isStopping) start(labels.get(worker) ?? "");
      }, RESTART_DELAY_MS);
    } else {
      exitCode = code || 1;
      stop("SIGTERM");
    }
    if (isStopping && workers().length === 0) exit(exitCode);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop("SIGTERM"));
  collectMetrics(() => [...listening]);
  for (let number = 1; number <= count; number += 1) start(String(number));
}
