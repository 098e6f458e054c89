import { parseArgs } from "node:util";
import { CONTESTANTS, YARDSTICK } from "./servers.js";
import { SCENARIOS } from "./work/scenarios.js";

export interface Options {
  scenarios: string[];
  contestants: string[];
  rounds: number;
  /** Of each contestant's turn in a round. */
  turnMs: number;
  warmUpMs: number;
  connections: number;
  /** Starts of each server; 0 leaves the start out. */
  starts: number;
  /** Where to write the results. */
  json: string | undefined;
}

const SHORT = { rounds: "3", seconds: "0.3", "warm-up": "0.35", starts: "1" };
/** Many short turns: on a machine that others use as well, what disturbs one of them disturbs its neighbours too. */
const LONG = { rounds: "15", seconds: "0.7", "warm-up": "2", starts: "5" };

export const USAGE = `npm run bench                        every scenario, a short version (under 5 minutes)
npm run bench -- --long              longer turns and five times as many, warmer (about 25 minutes)
npm run bench -- subscribers         10,000 subscribers; --help there for its options
npm run bench -- workers             WORKERS processes beside one; likewise
npm run bench -- profile             where the gateway's time goes; --help likewise

  --scenario NAME    one of ${SCENARIOS.map(({ name }) => name).join(", ")}; may be repeated
  --only NAME        one of ${CONTESTANTS.map(({ name }) => name).join(", ")}; may be repeated
  --rounds N         rounds in which everybody has one turn (3; long: 15)
  --seconds S        length of a turn (0.3; long: 0.7)
  --warm-up S        load before the first round (0.35; long: 2)
  --connections N    keep-alive connections (64)
  --starts N         measured starts of each server; 0: none (1; long: 5)
  --json FILE        also writes every number there`;

function positive(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least)
    throw new Error(`--${name} must be a number of at least ${least}`);
  return value;
}

function chosen(name: string, given: string[] | undefined, known: string[]): string[] {
  const unknown = given?.filter((one) => !known.includes(one)) ?? [];
  if (unknown.length > 0) throw new Error(`--${name} ${unknown.join(", ")}: there are ${known.join(", ")}`);
  return given ?? known;
}

/** @throws Error that says what is wrong; undefined where help was asked for */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      long: { type: "boolean" },
      scenario: { type: "string", multiple: true },
      only: { type: "string", multiple: true },
      rounds: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      connections: { type: "string", default: "64" },
      starts: { type: "string" },
      json: { type: "string" },
    },
  });
  if (values.help) return undefined;
  const lengths = { ...(values.long ? LONG : SHORT), ...values };
  const contestants = chosen(
    "only",
    values.only,
    CONTESTANTS.map(({ name }) => name),
  );
  return {
    scenarios: chosen(
      "scenario",
      values.scenario,
      SCENARIOS.map(({ name }) => name),
    ),
    contestants: [...new Set([YARDSTICK, ...contestants])],
    rounds: positive("rounds", lengths.rounds, 1),
    turnMs: 1000 * positive("seconds", lengths.seconds, 0.1),
    warmUpMs: 1000 * positive("warm-up", lengths["warm-up"], 0),
    connections: positive("connections", values.connections, 1),
    starts: positive("starts", lengths.starts, 0),
    json: values.json,
  };
}
