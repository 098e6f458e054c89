import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function newestChange(folder: string): number {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}

/** Builds the gateway when dist/ is older than src/. */
export function buildGateway(): void {
  const built = join(root, "dist/server.js");
  if (existsSync(built) && newestChange("src") < newestChange("dist")) return;
  execFileSync(process.execPath, ["scripts/build.mjs", "gateway"], { cwd: root, stdio: "inherit" });
}

/** Installs the peers on first use; says so, and returns false, where that fails. */
export function installPeers(): boolean {
  if (existsSync(join(root, "bench/peers/node_modules/.package-lock.json"))) return true;
  console.error("Installing the peers into bench/peers/node_modules (npm ci) ...");
  try {
    execFileSync("npm", ["ci", "--prefix", "bench/peers", "--no-audit"], { cwd: root, stdio: "inherit" });
    return true;
  } catch (error) {
    console.error(
      `The peers could not be installed, so the gateway runs without them: ${(error as Error).message}`,
    );
    return false;
  }
}
