import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    serverFile: string;
  }
}

/** Builds what the tests run as processes, as `npm run build` does. */
export default function setup(project: TestProject): () => void {
  const root = project.config.root;
  mkdirSync(join(root, "dist-test"), { recursive: true });
  const directory = mkdtempSync(join(root, "dist-test", "gateway-"));
  execFileSync(process.execPath, ["scripts/bundle.mjs", directory], { cwd: root, stdio: "inherit" });
  project.provide("serverFile", join(directory, "server.js"));
  return () => rmSync(directory, { recursive: true, force: true });
}
