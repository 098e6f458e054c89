import { describe, expect, it } from "vitest";
import { buildGatewaySchema } from "../../src/schema.js";
import { type FuzzedRequest, mutatedRequest, validRequest } from "../support/fuzz-documents.js";
import { ANSWER_DEADLINE_MS, expectUnharmed, problemWith } from "../support/fuzz-gateway.js";
import { FUZZ_MS, fuzzRandom, mutateBytes, type Random } from "../support/fuzz-random.js";
import { startGatewayProcess } from "../support/gateway-process.js";
import { startSimulator } from "../support/simulator.js";

const schema = buildGatewaySchema();
const AT_ONCE = 8;
const ACCEPTS = ["application/json", "application/graphql-response+json", "*/*", "text/html"] as const;

/** The bytes of a request's body: mostly JSON. */
function bodyOf(random: Random, request: FuzzedRequest): Buffer {
  const json = Buffer.from(JSON.stringify(random.chance(0.02) ? [request] : request));
  return random.chance(0.1) ? mutateBytes(random, json) : json;
}

function nextRequest(random: Random): FuzzedRequest {
  const valid = validRequest(
    random,
    schema,
    random.pick(["query", "query", "query", "mutation", "subscription"]),
  );
  return random.chance(0.5) ? mutatedRequest(random, valid) : valid;
}

/** Sends one request; what is wrong with its answer, if anything. */
async function problemOf(
  url: string,
  headers: Record<string, string>,
  random: Random,
): Promise<string | undefined> {
  const request = nextRequest(random);
  const body = bodyOf(random, request);
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", accept: random.pick(ACCEPTS) },
    body,
    signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
  });
  const text = await response.text();
  let problem: string | undefined;
  try {
    problem = problemWith(JSON.parse(text));
  } catch {
    problem = "the answer is no JSON";
  }
  if (response.status >= 500) problem ??= `status ${response.status}`;
  return (
    problem && `${problem}\nrequest: ${body.toString().slice(0, 3_000)}\nanswer: ${text.slice(0, 1_000)}`
  );
}

describe("GraphQL requests generated from the schema, valid and mutated", () => {
  it("are all answered by the catalogue, and the gateway is none the worse", async () => {
    const random = fuzzRandom("documents and variables");
    await using simulator = await startSimulator();
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      STATUS_POLL_INTERVAL_MS: "20",
    });
    const problems = new Map<string, string>();
    let sent = 0;
    const end = performance.now() + FUZZ_MS;
    async function sendMany(mine: Random): Promise<void> {
      while (performance.now() < end) {
        const problem = await problemOf(gateway.url, simulator.headers, mine);
        sent += 1;
        if (problem) problems.set(problem.split("\n", 1)[0] ?? "", problem);
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, () => sendMany(random.fork())));
    console.log(`${sent} requests`);
    expect([...problems.values()]).toEqual([]);
    expect(sent).toBeGreaterThan(0);
    await expectUnharmed(gateway);
  }, 120_000);
});
