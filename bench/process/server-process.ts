import { type ChildProcess, spawn } from "node:child_process";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pinning } from "./pinning.js";

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const POLL_MS = 2;
const STDERR_SHOWN = 2_000;

/** How a server is started. It listens on PORT of 127.0.0.1. */
export interface ServerCommand {
  args: readonly string[];
  env: Record<string, string>;
}

/** A running server, in a process of its own. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first answer, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Whatever ends this process, no server outlives it. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function untilAnswered(answers: () => Promise<boolean>, hasEnded: () => boolean): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadline && !hasEnded()) {
    if (await answers()) return;
    await sleep(POLL_MS);
  }
  throw new Error(hasEnded() ? "it ended" : `no answer within ${START_DEADLINE_MS} ms`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * Starts a server; what it logs goes to /dev/null.
 *
 * @param answers asks the server on that port something, and is false while it does not answer
 * @throws Error with what the server wrote to stderr when it does not answer
 */
export async function startServer(
  command: ServerCommand,
  answers: (port: number) => Promise<boolean>,
  pinning?: Pinning,
): Promise<ServerProcess> {
  const port = await freePort();
  const [program, args] = pinning?.command(process.execPath, command.args) ?? [
    process.execPath,
    command.args,
  ];
  const startedAt = performance.now();
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, NODE_ENV: "production", PORT: String(port), ...command.env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_SHOWN);
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  try {
    await untilAnswered(() => answers(port), hasEnded);
  } catch (error) {
    await end(child);
    throw new Error(`${command.args.at(-1)} did not start: ${(error as Error).message}\n${stderr}`, {
      cause: error,
    });
  }
  const startMs = performance.now() - startedAt;
  return { port, pid: child.pid as number, startMs, stop: () => end(child) };
}
