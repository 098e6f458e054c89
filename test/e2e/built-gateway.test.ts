import { spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { startSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

/** What the image holds: package.json and the build, no packages. */
async function copyAsInImage(): Promise<AsyncDisposable & { directory: string; serverFile: string }> {
  const directory = await mkdtemp(join(tmpdir(), "built-gateway-"));
  await cp("package.json", join(directory, "package.json"));
  await cp(dirname(inject("serverFile")), join(directory, "dist"), { recursive: true });
  return {
    directory,
    serverFile: join(directory, "dist/server.js"),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

/** Runs it until its output holds what is waited for; its output. */
async function runUntil(serverFile: string, expected: RegExp, env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [serverFile], {
    env: { PATH: process.env.PATH, PORT: "0", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  try {
    await until(`it says ${expected}`, () => expected.test(output) || child.exitCode !== null);
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  return output;
}

/** Runs `npm start` until it listens, tells npm alone to end, and collects what is written until all have ended. */
async function startAndEndNpm(cwd: string, env: Record<string, string>): Promise<string> {
  const child = spawn("npm", ["start"], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      npm_config_update_notifier: "false",
      PORT: "0",
      HOST: "127.0.0.1",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own: whatever outlives npm can be ended by the group's id.
    detached: true,
  });
  let output = "";
  let hasEnded = false;
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.once("close", () => {
    hasEnded = true;
  });
  try {
    await until("it listens", () => output.includes('"msg":"listening"') || hasEnded);
    child.kill("SIGTERM");
    await until("npm and the gateway have ended", () => hasEnded);
  } finally {
    if (!hasEnded && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }
  return output;
}

describe("the built gateway", () => {
  it("needs no packages beside it", async () => {
    await using image = await copyAsInImage();
    await using simulator = await startSimulator();
    const output = await runUntil(image.serverFile, /listening/, { MODELARTS_ENDPOINT: simulator.url });
    expect(output).toContain('"msg":"listening"');
  });

  it("needs none with Redis either", async () => {
    await using image = await copyAsInImage();
    await using simulator = await startSimulator();
    const env = { MODELARTS_ENDPOINT: simulator.url, REDIS_URL: inject("redisUrl") };
    const output = await runUntil(image.serverFile, /listening/, env);
    expect(output).toContain('"msg":"listening"');
  });

  it("logs readably with LOG_FORMAT=pretty", async () => {
    await using image = await copyAsInImage();
    await using simulator = await startSimulator();
    const env = { MODELARTS_ENDPOINT: simulator.url, LOG_FORMAT: "pretty" };
    const output = await runUntil(image.serverFile, /listening\n[\s\S]*url: "http/, env);
    expect(output).toMatch(/INFO.*listening\n\s+event: "listening"\n\s+url: "http:\/\/127\.0\.0\.1:/);
  });

  it("stops as it should when npm, which started it, is told to end", async () => {
    await using image = await copyAsInImage();
    await using simulator = await startSimulator();
    const output = await startAndEndNpm(image.directory, { MODELARTS_ENDPOINT: simulator.url });
    expect(output).toContain('"event":"stopped"');
  });
});
