/**
 * Starts a ModelArts simulator and the gateway in front of it, without Redis and without an account, and prints what
 * to paste. Ctrl-C stops both.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = ["dist/server.js", "dist/simulator/main.js", "dist/explorer/index.html"];

const MUTATION = `mutation {
  createTrainingJobVersion(input: {
    jobId: "10"
    jobDesc: "This is a ModelArts job"
    config: {
      workerServerNum: 1
      appUrl: "/usr/app/"
      bootFileUrl: "/usr/app/boot.py"
      parameter: [{ label: "learning_rate", value: "0.01" }, { label: "batch_size", value: "32" }]
      datasetId: "38277e62-9e59-48f4-8d89-c8cf41622c24"
      datasetVersionId: "2ff0d6ba-c480-45ae-be41-09a8369bfc90"
      specId: "1"
      engineId: "1"
      trainUrl: "/usr/train/"
      logUrl: "/usr/log/"
      preVersionId: "20"
    }
  }) {
    jobId versionId versionName status createTime
  }
}`;

const SUBSCRIPTION = `subscription {
  trainingJobStatusChanged(jobId: "10") { versionId previousStatus status terminal observedAt }
}`;

/** Starts a Node program and resolves with the URL in its first `listening` line. */
function start(program, env) {
  const child = spawn(process.execPath, [program], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${program} ended with exit code ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = JSON.parse(line);
      if (entry.url) resolve(entry.url);
      else if (entry.level === "error" || entry.level === "fatal") console.error(line);
    });
  });
  return { child, url };
}

const oneLine = (document) => document.replace(/\s+/g, " ");
const curlBody = (document) => JSON.stringify({ query: oneLine(document) }).replaceAll("'", "'\\''");

function print(gateway, simulator) {
  console.log(`
ModelArts GraphQL gateway, in front of a simulator
  Apollo Sandbox   ${gateway}/graphql      (open it in a browser)
  GraphiQL         ${gateway}/explorer
  Simulator        ${simulator}

1. Paste this subscription into one tab (or run the curl line in one terminal):

${SUBSCRIPTION}

curl -N ${gateway}/graphql/stream -H 'accept: text/event-stream' -H 'content-type: application/json' \\
  -d '${curlBody(SUBSCRIPTION)}'

2. Paste this mutation into another, and watch its version go from INIT to COMPLETED:

${MUTATION}

curl ${gateway}/graphql -H 'content-type: application/json' \\
  -d '${curlBody(MUTATION)}'

Ctrl-C stops both.`);
}

function newestChange(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}

function isBuilt() {
  if (!built.every((file) => existsSync(join(root, file)))) return false;
  const builtAt = Math.min(...built.map((file) => statSync(join(root, file)).mtimeMs));
  return ["src", "simulator", "explorer"].every((folder) => newestChange(folder) < builtAt);
}

if (!isBuilt()) {
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
}

const children = [];
let stopping = false;
function stop(code) {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  for (const child of children) child.kill("SIGTERM");
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(0));

try {
  const simulator = start("dist/simulator/main.js", { SIMULATOR_PORT: process.env.SIMULATOR_PORT ?? "0" });
  children.push(simulator.child);
  const simulatorUrl = await simulator.url;
  const gateway = start("dist/server.js", {
    HOST: "127.0.0.1",
    MODELARTS_ENDPOINT: simulatorUrl,
    MODELARTS_PROJECT_ID: "demo-project",
    AUTH_MODE: process.env.AUTH_MODE ?? "service",
    MODELARTS_TOKEN: "demo-token",
    STATUS_POLL_INTERVAL_MS: "500",
    STATUS_POLL_MAX_INTERVAL_MS: "1000",
    LOG_FORMAT: "json",
    LOG_LEVEL: "info",
  });
  children.push(gateway.child);
  print(await gateway.url, simulatorUrl);
  for (const child of children) child.once("exit", () => stop(stopping ? 0 : 1));
} catch (error) {
  console.error(error.message);
  stop(1);
}
