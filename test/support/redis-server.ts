import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Redis of this test run's own; nothing is written to disk. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const BINARIES = ["redis-server", "valkey-server"];

function findBinary(): string | undefined {
  return BINARIES.find((name) => spawnSync(name, ["--version"]).status === 0);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
}

/** The name of a Redis server on PATH, installed first where that is possible. */
export function redisBinary(): string {
  const found = findBinary();
  if (found) return found;
  if (canInstall()) {
    console.log("No redis-server or valkey-server on PATH: installing Debian's package redis-server ...");
    execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit" });
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "redis-server"], {
      stdio: "inherit",
      env,
    });
    const installed = findBinary();
    if (installed) return installed;
  }
  throw new Error(
    "The tests need a Redis. Do one of these: set TEST_REDIS_URL to one that they may use; put redis-server or " +
      "valkey-server on PATH; or run them as root on Debian or Ubuntu, where they install the package redis-server.",
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was assigned");
  return address.port;
}

/** Resolves when it accepts connections; rejects with its output when it ends before that. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Ready to accept connections")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`redis-server ended with ${code}:\n${output}`)));
    child.once("error", reject);
  });
}

async function spawnRedis(binary: string, port: number, dir: string, extra: string[]): Promise<ChildProcess> {
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    dir,
    ...extra,
  ];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "inherit"] });
  await listening(child);
  return child;
}

async function spawnOnFreePort(
  binary: string,
  dir: string,
  extra: string[],
): Promise<[ChildProcess, number]> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return [await spawnRedis(binary, port, dir, extra), port];
    } catch (error) {
      // Another process can take the port between looking and binding.
      if (attempt === 5) throw error;
    }
  }
}

async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Starts a Redis on a free port of 127.0.0.1. */
export async function startRedis(extraArguments: string[] = []): Promise<RedisServer> {
  const binary = redisBinary();
  const dir = mkdtempSync(join(tmpdir(), "gateway-redis-"));
  let [child, port] = await spawnOnFreePort(binary, dir, extraArguments);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => killAndWait(child),
    async restart() {
      await killAndWait(child);
      child = await spawnRedis(binary, port, dir, extraArguments);
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await killAndWait(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
