import { parse } from "graphql";
import { expect, it } from "vitest";
import type { FaultSpec } from "../../simulator/faults/fault.js";
import type { Json } from "../../simulator/json.js";
import { buildGatewaySchema } from "../../src/schema.js";
import {
  type FuzzedRequest,
  freshVariables,
  mutatedRequest,
  validRequest,
} from "../support/fuzz-documents.js";
import { expectUnharmed } from "../support/fuzz-gateway.js";
import { FUZZ_MS, fuzzRandom, type Random } from "../support/fuzz-random.js";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.js";
import { type Asked, KNOWN_TIMES, tell } from "../support/known-operation.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";

const schema = buildGatewaySchema();
const ACCEPTS = ["application/json", "application/graphql-response+json", "*/*"] as const;
const ROUTES = [
  "listJobs",
  "listVersions",
  "getVersion",
  "listResourceSpecs",
  "listEngines",
  "createVersion",
  "stopVersion",
] as const;
const PATCHED = [
  ..."jobs versions job_name job_desc status create_time duration version_id pre_version_id parameter".split(
    " ",
  ),
  ..."data_source volumes specs engines job_total_count version_count spec_id model_metric_list".split(" "),
];
const ODD: readonly Json[] = [null, "", "text", -1, 9e15, true, [], [null], {}];

/** What goes wrong upstream, nothing of it a reason to try again: when that is done depends on the time. */
function nextFault(random: Random): FaultSpec {
  const route = random.pick(ROUTES);
  const set = Object.fromEntries(
    PATCHED.filter(() => random.chance(0.15)).map((name) => [name, random.pick(ODD) ?? null]),
  );
  return random.pick<FaultSpec>([
    { route, kind: "patch", set },
    { route, kind: "patch", set },
    { route, kind: "failure-with-200" },
    { route, kind: "error", status: 403, errorCode: "ModelArts.0104", message: "No." },
    { route, kind: "answer", body: JSON.stringify(random.pick(ODD)) },
  ]);
}

interface Side {
  simulator: TestSimulator;
  gateway: GatewayProcess;
}

/** Two that do the same as long as they are asked the same. */
async function startSide(env: Record<string, string>): Promise<Side & AsyncDisposable> {
  const startAt = Date.parse("2026-01-01T00:00:00Z");
  const simulator = await startSimulator({ clock: { mode: "manual", startAt } });
  const gateway = await startGatewayProcess({ MODELARTS_ENDPOINT: simulator.url, ...env });
  return {
    simulator,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await simulator[Symbol.asyncDispose]();
    },
  };
}

function isDocument({ query }: FuzzedRequest): boolean {
  try {
    parse(String(query));
    return true;
  } catch {
    return false;
  }
}

/** A request, mostly a valid one. Not one with a syntax error: its place moves with whatever stands behind it. */
function nextRequest(random: Random): FuzzedRequest {
  for (;;) {
    const valid = validRequest(random, schema, random.pick(["query", "query", "query", "mutation"]));
    const request = random.chance(0.1) ? mutatedRequest(random, valid) : valid;
    if (isDocument(request)) return request;
  }
}

let unique = 0;

/** Asks one side again and again with the same text, the other with a new one each time; what differs, if anything. */
async function differenceIn(random: Random, known: Side, unknown: Side): Promise<string | undefined> {
  const { query: text, variables } = nextRequest(random);
  const query = String(text);
  const document = parse(query);
  const fault = random.chance(0.4) ? nextFault(random) : undefined;
  for (const { simulator } of [known, unknown]) {
    simulator.faults.clear();
    if (fault) simulator.faults.add(fault);
  }
  const headers = { accept: random.pick(ACCEPTS) };
  for (let n = 0; n <= KNOWN_TIMES; n += 1) {
    unique += 1;
    const given = n === 0 ? variables : freshVariables(random, schema, document);
    const asked = { query, variables: given, headers } as Asked;
    const [asKnown, asNew] = await Promise.all([
      tell(known, asked),
      tell(unknown, { ...asked, query: `${query}\n# ${unique}` }),
    ]);
    const [told, expected] = [JSON.stringify(asKnown), JSON.stringify(asNew)];
    if (told !== expected) {
      return `time ${n + 1}: ${JSON.stringify(asked)}\nfault: ${JSON.stringify(fault)}\nknown: ${told}\nnew: ${expected}`;
    }
  }
  return undefined;
}

it.each([
  ["nothing is kept", "0"],
  ["everything is kept", "3600000"],
])(
  "random operations are answered alike, known or new, where %s",
  async (_what, ttl) => {
    const random = fuzzRandom("known operations");
    const env = { CACHE_TTL_ACTIVE_MS: ttl, CACHE_TTL_TERMINAL_MS: ttl, CACHE_TTL_SPECS_MS: ttl };
    await using known = await startSide({ ...env, AUTH_PROOF_TTL_MS: ttl });
    await using unknown = await startSide({ ...env, AUTH_PROOF_TTL_MS: ttl });
    const end = performance.now() + FUZZ_MS;
    let documents = 0;
    while (performance.now() < end) {
      expect(await differenceIn(random, known, unknown)).toBeUndefined();
      documents += 1;
    }
    console.log(`${documents} documents`);
    await expectUnharmed(known.gateway);
  },
  120_000,
);
