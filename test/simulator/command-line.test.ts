import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { readSettings } from "../../simulator/settings.js";

let child: ChildProcess | undefined;
afterEach(() => void child?.kill("SIGKILL"));

function start(env: Record<string, string>): ChildProcess {
  child = spawn(process.execPath, ["scripts/simulator.mjs"], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return child;
}

async function firstLine(program: ChildProcess): Promise<Record<string, unknown>> {
  if (!program.stdout) throw new Error("stdout is not piped");
  const [line] = await once(createInterface({ input: program.stdout }), "line");
  return JSON.parse(String(line));
}

describe("npm run simulator", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "says where it listens, answers, and ends with 0 on %s",
    async (signal) => {
      const program = start({ SIMULATOR_PORT: "0", SIMULATOR_TOKENS: "mine:my-project" });
      const line = await firstLine(program);
      expect(line).toMatchObject({ msg: "listening", url: `http://127.0.0.1:${line.port}` });
      const response = await fetch(`${line.url}/v1/my-project/training-jobs`, {
        headers: { "X-Auth-Token": "mine" },
      });
      expect(await response.json()).toMatchObject({ is_success: true, jobs: [] });
      program.kill(signal);
      expect(await once(program, "exit")).toEqual([0, null]);
    },
  );

  it("lists everything that is wrong with its environment and ends with 2", async () => {
    const program = start({ SIMULATOR_PORT: "x", SIMULATOR_HABITS: "bad", SIMULATOR_THROTTLE: "1" });
    const exit = once(program, "exit");
    const { reason } = await firstLine(program);
    for (const name of ["SIMULATOR_PORT", "SIMULATOR_HABITS", "SIMULATOR_THROTTLE"]) {
      expect(reason).toContain(name);
    }
    expect(await exit).toEqual([2, null]);
  });
});

describe("the simulator's environment", () => {
  it("has defaults for everything", () => {
    expect(readSettings({})).toEqual({
      options: { host: "127.0.0.1", port: 4100, timeScale: 1, habits: "mixed" },
      tokens: [],
    });
  });

  it("sets everything", () => {
    const env = {
      SIMULATOR_PORT: "1",
      SIMULATOR_HOST: "0.0.0.0",
      SIMULATOR_TIME_SCALE: "2.5",
      SIMULATOR_HABITS: "clean",
      SIMULATOR_TOKENS: "a:p,b:q",
      SIMULATOR_THROTTLE: "200/300",
    };
    expect(readSettings(env)).toEqual({
      options: {
        host: "0.0.0.0",
        port: 1,
        timeScale: 2.5,
        habits: "clean",
        throttle: { calls: 200, windowMs: 300_000 },
      },
      tokens: [
        { token: "a", projectId: "p" },
        { token: "b", projectId: "q" },
      ],
    });
  });
});
