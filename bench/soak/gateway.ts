import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildGateway } from "../process/build.js";

/** The gateway under load. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
}

/**
 * The built gateway in a process of its own, on a free port.
 *
 * @param heapMib bound of its old generation: a small one makes the collector work, so that what grows shows soon
 */
export async function startGateway(env: Record<string, string>, heapMib: number): Promise<GatewayProcess> {
  buildGateway();
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMib}`, "dist/server.js"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PORT: "0", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const entry = JSON.parse(line) as { event?: string; level?: string; url?: string };
      if (entry.event === "listening" && entry.url !== undefined) resolve(entry.url);
      if (entry.level === "error" || entry.level === "fatal") console.error(line);
    });
    void exited.then(() => reject(new Error("the gateway ended before it listened")));
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
