import type { SimulatorOptions } from "./simulator.js";

/** The environment of the simulator as a program. */
export interface SimulatorEnv {
  /** Where it listens; 4100 unless told, 0 is any free port. */
  SIMULATOR_PORT?: string;
  /** 127.0.0.1 unless told. */
  SIMULATOR_HOST?: string;
  /** How fast versions live: 1 (about 20 s from INIT to COMPLETED) unless told; 0 holds them. */
  SIMULATOR_TIME_SCALE?: string;
  /** `clean` or `mixed` (unless told): how answers are written. */
  SIMULATOR_HABITS?: string;
  /** Further tokens: `token:project,token:project`. */
  SIMULATOR_TOKENS?: string;
  /** `calls/seconds`, for instance `200/300`: how many calls one address may make. */
  SIMULATOR_THROTTLE?: string;
}

export interface SimulatorSettings {
  options: SimulatorOptions;
  tokens: { token: string; projectId: string }[];
}

function readNumber(text: string | undefined, fallback: number, name: string, problems: string[]): number {
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) problems.push(`${name} must be a number from 0, not ${text}`);
  return value;
}

function readPort(text: string | undefined, problems: string[]): number {
  const port = readNumber(text, 4100, "SIMULATOR_PORT", problems);
  if (!Number.isInteger(port) || port > 65_535) problems.push("SIMULATOR_PORT must be from 0 to 65535");
  return port;
}

function readTokens(text: string | undefined, problems: string[]): SimulatorSettings["tokens"] {
  return (text ?? "")
    .split(",")
    .filter((item) => item !== "")
    .map((item) => {
      const [token = "", projectId = ""] = item.split(":");
      if (token === "" || projectId === "") problems.push("SIMULATOR_TOKENS must be token:project,...");
      return { token, projectId };
    });
}

function readThrottle(text: string | undefined, problems: string[]): SimulatorOptions["throttle"] {
  if (text === undefined || text === "") return undefined;
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (!match) problems.push("SIMULATOR_THROTTLE must be calls/seconds, for instance 200/300");
  return { calls: Number(match?.[1]), windowMs: Number(match?.[2]) * 1_000 };
}

/**
 * Reads the environment.
 *
 * @throws Error that lists everything that is wrong
 */
export function readSettings(env: SimulatorEnv): SimulatorSettings {
  const problems: string[] = [];
  const habits = env.SIMULATOR_HABITS || "mixed";
  if (habits !== "clean" && habits !== "mixed") problems.push("SIMULATOR_HABITS must be clean or mixed");
  const throttle = readThrottle(env.SIMULATOR_THROTTLE, problems);
  const settings: SimulatorSettings = {
    options: {
      host: env.SIMULATOR_HOST || "127.0.0.1",
      port: readPort(env.SIMULATOR_PORT, problems),
      timeScale: readNumber(env.SIMULATOR_TIME_SCALE, 1, "SIMULATOR_TIME_SCALE", problems),
      habits: habits === "clean" ? "clean" : "mixed",
      ...(throttle && { throttle }),
    },
    tokens: readTokens(env.SIMULATOR_TOKENS, problems),
  };
  if (problems.length > 0) throw new Error(problems.join("; "));
  return settings;
}
