import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which core each side of a measurement runs on. */
export interface Pinning {
  /** How a server is started so that it has a core to itself. */
  command(program: string, args: readonly string[]): [string, string[]];
  /** For the report. */
  readonly description: string;
}

function hasTaskset(): boolean {
  try {
    execFileSync("taskset", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Servers get the last core; this process, and with it the upstream that it starts, keeps to the others. */
export function pinProcesses(): Pinning {
  const cores = availableParallelism();
  if (cores < 2 || !hasTaskset()) {
    return { command: (program, args) => [program, [...args]], description: "not pinned to cores" };
  }
  const serverCore = String(cores - 1);
  execFileSync("taskset", ["-a", "-c", "-p", `0-${cores - 2}`, String(process.pid)], { stdio: "ignore" });
  return {
    command: (program, args) => ["taskset", ["-c", serverCore, program, ...args]],
    description: `the server alone on core ${serverCore} of ${cores}, load and upstream on the others`,
  };
}
