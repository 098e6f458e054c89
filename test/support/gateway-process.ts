import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import type { Environment } from "../../src/config/index.js";

/** A gateway in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it has logged so far, one object for each line. */
  readonly logs: Record<string, unknown>[];
  /** Everything it has written to stderr so far. */
  stderr(): string;
  /** Resolves with its exit code. */
  readonly exited: Promise<number | null>;
}

function startServer(env: Environment): ChildProcess {
  return spawn(process.execPath, [inject("serverFile")], {
    env: { PATH: process.env.PATH, PORT: "0", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a gateway to its end, for settings with which it cannot start. */
export async function runGatewayToEnd(env: Environment): Promise<{ code: number | null; stderr: string }> {
  const child = startServer(env);
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stderr };
}

/** Starts a gateway process on a free port of 127.0.0.1; resolves when it listens. */
export async function startGatewayProcess(env: Environment): Promise<GatewayProcess> {
  const child = startServer(env);
  const logs: Record<string, unknown>[] = [];
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    if (!child.stdout) throw new Error("stdout is not piped");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = JSON.parse(line);
      logs.push(entry);
      if (entry.event === "listening") resolve(entry.url);
    });
    void exited.then((code) =>
      reject(new Error(`the gateway ended with ${code}:\n${stderr}${JSON.stringify(logs)}`)),
    );
  });
  return {
    url,
    child,
    logs,
    stderr: () => stderr,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
