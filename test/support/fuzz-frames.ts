import { mutateBytes, oddValue, type Random } from "./fuzz-random.js";

/** What a client does on a WebSocket, one thing after the other. */
export type Step =
  | { kind: "message"; data: string | Buffer; binary: boolean; fragments: number }
  /** Bytes past the client library, so that not even the frames are right. */
  | { kind: "bytes"; data: Buffer }
  | { kind: "ping" }
  | { kind: "close"; code: number; reason: string }
  | { kind: "cut" };

const OPERATIONS = [
  { query: '{ trainingJob(jobId: "10") { jobName } }' },
  { query: "{ __typename }" },
  { query: "{ nothing }" },
  { query: "{" },
  { query: 'subscription { trainingJobStatusChanged(jobId: "10") { status } }' },
  {
    query:
      'subscription { trainingJobVersionStatusChanged(jobId: "14", versionId: "301") { status version { specCode } } }',
  },
  { query: 'subscription { trainingJobStatusChanged(jobId: "987654321") { status } }' },
  { query: 'subscription { trainingJobStatusChanged(jobId: "10", after: "x") { status } }' },
  { query: 'mutation { stopTrainingJobVersion(jobId: "14", versionId: "301") { jobId } }' },
  { query: "query ($id: ID!) { trainingJob(jobId: $id) { jobId } }", variables: { id: null } },
] as const;
const TYPED =
  "query ($id: ID!, $n: Int, $by: TrainingJobSortField) { trainingJob(jobId: $id) { versions(perPage: $n) { status } } trainingJobs(sortBy: $by) { quotas } }";

/** An operation whose variables can be anything. */
export function withOddVariables(random: Random): { query: string; variables: unknown } {
  const variables = { id: oddValue(random), n: oddValue(random), by: oddValue(random) };
  return { query: TYPED, variables: random.chance(0.8) ? variables : oddValue(random) };
}

const IDS = ["1", "1", "2", "__proto__", "constructor", "x".repeat(300), "é".repeat(100)] as const;
const CLOSE_CODES = [1000, 1001, 3000, 4400, 4999] as const;

function message(random: Random, init: Record<string, string>): object {
  const id = random.pick(IDS);
  switch (random.int(8)) {
    case 0:
      return { type: "connection_init", payload: init };
    case 1:
      return { type: "ping", payload: oddValue(random) };
    case 2:
      return { type: "pong" };
    case 3:
      return { id, type: "complete" };
    default:
      return {
        id,
        type: "subscribe",
        payload: random.chance(0.2) ? withOddVariables(random) : random.pick(OPERATIONS),
      };
  }
}

function mutated(random: Random, whole: object): unknown {
  const key = random.pick([...Object.keys(whole), "extra"]) ?? "extra";
  return random.chance(0.1) ? oddValue(random) : { ...whole, [key]: oddValue(random) };
}

function step(random: Random, init: Record<string, string>, maxBytes: number): Step {
  if (random.chance(0.03)) return { kind: "cut" };
  if (random.chance(0.03)) return { kind: "close", code: random.pick(CLOSE_CODES), reason: "done" };
  if (random.chance(0.05)) return { kind: "ping" };
  if (random.chance(0.03)) {
    return {
      kind: "bytes",
      data: Buffer.from(Array.from({ length: 1 + random.int(64) }, () => random.int(256))),
    };
  }
  const whole = message(random, init);
  const text = JSON.stringify(random.chance(0.15) ? mutated(random, whole) : whole) ?? "undefined";
  const fragments = random.chance(0.1) ? 2 + random.int(5) : 1;
  if (random.chance(0.02))
    return { kind: "message", data: "x".repeat(maxBytes + 1), binary: false, fragments };
  if (random.chance(0.06)) {
    return {
      kind: "message",
      data: mutateBytes(random, Buffer.from(text)),
      binary: random.chance(0.7),
      fragments,
    };
  }
  return { kind: "message", data: text, binary: random.chance(0.05), fragments };
}

/** What one client does: usually it says first who it is. */
export function clientSteps(random: Random, init: Record<string, string>, maxBytes: number): Step[] {
  const steps = Array.from({ length: 1 + random.int(20) }, () => step(random, init, maxBytes));
  if (random.chance(0.15)) return steps;
  const data = JSON.stringify({ type: "connection_init", payload: init });
  return [{ kind: "message", data, binary: false, fragments: 1 }, ...steps];
}
