/**
 * Builds everything that runs in production into dist/: the gateway (dist/server.js), the explorer's files
 * (dist/explorer) and the simulator (dist/simulator/main.js). Fails, naming the step, when one of them does.
 *
 * `node scripts/build.mjs explorer` builds the named steps only and leaves the rest of dist/ as it is.
 */
import { spawn } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const tsc = "node_modules/typescript/bin/tsc";
const vite = "node_modules/vite/bin/vite.js";

/** Runs a Node program of this project; what it prints is shown as it comes. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    // Whatever the shell says, React is bundled in its production form.
    const env = { ...process.env, NODE_ENV: "production" };
    const child = spawn(process.execPath, [program, ...args], { cwd: root, env, stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(" ")} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** Compresses once, at build time, what the gateway would otherwise send uncompressed. */
async function compress(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && /\.(?:js|css|svg|ttf)$/.test(entry.name));
  await Promise.all(
    names.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path), { level: 9 }));
    }),
  );
}

async function buildExplorer() {
  await run(vite, ["build", "--config", "explorer/vite.config.ts"]);
  await compress(join(dist, "explorer"));
}

const steps = {
  gateway: () => run("scripts/bundle.mjs", ["dist"]),
  simulator: () => run(tsc, ["-p", "tsconfig.simulator.json"]),
  explorer: buildExplorer,
};

const started = performance.now();
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const unknown = names.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. There are: ${Object.keys(steps).join(", ")}.`);
  process.exit(2);
}
if (process.argv.length === 2) await rm(dist, { recursive: true, force: true });
const results = await Promise.allSettled(names.map((name) => steps[name]()));
const failures = results.flatMap((result, index) =>
  result.status === "rejected" ? [`${names[index]}: ${result.reason.message}`] : [],
);
if (failures.length > 0) {
  console.error(`The build failed.\n${failures.map((failure) => `  - ${failure}`).join("\n")}`);
  process.exitCode = 1;
} else {
  console.log(
    `Built ${names.join(", ")} into dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
