import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("The process that collects its workers' metrics outlives a worker that dies while it is asked", async () => {
  const program = join(import.meta.dirname, "dying-worker.ts");
  const args = ["--import", "@oxc-node/core/register", program];
  expect((await promisify(execFile)(process.execPath, args)).stdout).toBe("alive");
});
