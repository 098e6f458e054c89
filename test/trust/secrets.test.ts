import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { RedisConnection } from "../../src/redis.js";
import { openEventStream } from "../support/event-stream.js";
import { metricsOf } from "../support/fuzz-gateway.js";
import { redisContents } from "../support/fuzz-redis.js";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.js";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { connectTestRedis } from "../support/redis.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

/** As long and of the same letters as those that IAM gives out. */
const newToken = () => `MIIT${randomBytes(900).toString("base64").replaceAll("/", "-")}`;

const JOBS = "{ trainingJobs { jobs { jobName currentVersion { specCode } } } }";
const JOB = "query ($id: ID!) { trainingJob(jobId: $id) { jobName versions { versionId } } }";
const STOP =
  'mutation { stopTrainingJobVersion(jobId: "14", versionId: "301") { jobId version { status } } }';
const WATCH =
  'subscription ($after: String) { trainingJobStatusChanged(jobId: "10", after: $after) { cursor status } }';

/** Everything that can go wrong upstream. */
const FAULTS = [
  { kind: "unauthorized-echo" },
  { kind: "reset", when: "after" },
  { kind: "reset", when: "mid-answer" },
  { kind: "garbage", form: "html", status: 502 },
  { kind: "garbage", form: "truncated-json" },
  { kind: "garbage", form: "empty" },
  { kind: "error", status: 500, errorCode: "ModelArts.0010" },
  { kind: "error", status: 404 },
  { kind: "throttled", retryAfter: 100 },
  { kind: "failure-with-200" },
] as const;

interface Subject {
  gateway: GatewayProcess;
  simulator: TestSimulator;
  headers: Record<string, string>;
  /** Texts of this caller's that some client may put in the wrong place. */
  secret?: string;
}

interface StreamRequest {
  query: string;
  variables?: Record<string, unknown>;
}

/** Keeps the text of every answer, whatever it is. */
class Answers {
  readonly texts: string[] = [];

  async get(url: string, init: RequestInit): Promise<void> {
    const response = await fetch(url, init);
    this.texts.push(JSON.stringify([...response.headers]), await response.text());
  }

  post({ gateway, headers }: Subject, request: unknown, more: Record<string, string> = {}): Promise<void> {
    return this.get(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", ...more },
      body: typeof request === "string" ? request : JSON.stringify(request),
    });
  }

  /** An operation over both streams, until it has answered on both, or `settled` is so. */
  async stream(subject: Subject, request: StreamRequest, settled = () => false): Promise<void> {
    const { gateway, headers } = subject;
    const stream = await openEventStream(gateway.url, request, headers);
    const client = webSocketClient(gateway.url, headers, {
      onClosed: (event) => void this.texts.push(event.reason),
    });
    const received = collect<unknown>(client, request);
    await until("both have answered", () => {
      const bySocket = received.events.length + received.errors.length > 0 || received.completed;
      return settled() || (bySocket && stream.events.length > 0);
    });
    stream.close();
    await client.dispose();
    this.texts.push(JSON.stringify([stream.events, received.events, received.errors.map(plain)]));
  }
}

/** Closes come as events whose fields are not their own. */
function plain(error: unknown): unknown {
  return error instanceof Object && "reason" in error ? { reason: error.reason } : error;
}

async function succeed(answers: Answers, subject: Subject): Promise<void> {
  await answers.post(subject, { query: JOBS });
  await answers.post(subject, { query: JOB, variables: { id: "10" } });
  await answers.post(subject, { query: "{ resourceSpecs { specCode } engineSpecs { engineName } }" });
  await answers.post(subject, {
    query: CREATE,
    variables: { input: { ...sampleInput(), idempotencyKey: randomUUID() } },
  });
  await answers.post(subject, { query: STOP });
  await answers.stream(subject, { query: WATCH });
}

async function failUpstream(answers: Answers, subject: Subject): Promise<void> {
  for (const fault of FAULTS) {
    const added = subject.simulator.faults.add(fault);
    const jobDesc = fault.kind;
    await answers.post(subject, { query: JOB, variables: { id: "13" } });
    await answers.post(subject, { query: CREATE, variables: { input: { ...sampleInput(), jobDesc } } });
    const idempotencyKey = randomUUID();
    await answers.post(subject, {
      query: CREATE,
      variables: { input: { ...sampleInput(), jobDesc, idempotencyKey } },
    });
    await answers.post(subject, { query: STOP });
    if (fault.kind === "unauthorized-echo" || fault.kind === "failure-with-200") {
      const hitsBefore = added.hits;
      const query = WATCH.replace('"10"', '"12"');
      await answers.stream(subject, { query }, () => added.hits > hitsBefore + 2);
    }
    added.remove();
  }
}

/** The caller's own credential where it does not belong. */
async function misplace(answers: Answers, subject: Subject, secret: string): Promise<void> {
  const { gateway } = subject;
  const word = secret.replace(/\W/g, "_");
  await answers.post(subject, { query: JOBS }, { "X-Project-Id": secret });
  await answers.post(subject, { query: JOBS }, { "X-Request-Id": secret });
  await answers.post(subject, { query: JOBS }, { Authorization: `Bearer ${secret}` });
  await answers.post(subject, { query: JOB, variables: { id: secret } });
  await answers.post(subject, { query: JOB, variables: { id: { token: secret } } });
  await answers.post(subject, { query: JOB, variables: { [word]: secret } });
  await answers.post(subject, { query: `query ${word} { trainingJob(jobId: "0") { jobName } }` });
  await answers.post(subject, { query: `{ ${word} }` });
  await answers.post(subject, { query: `{ trainingJob(jobId: "10", token: "${secret}") { jobName } }` });
  await answers.post(subject, { query: `{ trainingJob(jobId: "${secret}) }` });
  await answers.post(subject, { query: JOBS, operationName: secret });
  await answers.post(subject, secret);
  await answers.post(subject, { query: CREATE, variables: { input: { ...sampleInput(), token: secret } } });
  await answers.stream(subject, { query: WATCH, variables: { after: secret } });
  await answers.stream(subject, { query: `{ ${word} }` });
  await answers.get(
    `${gateway.url}/graphql?query={__typename}&X-Auth-Token=${encodeURIComponent(secret)}`,
    {},
  );
  await answers.get(`${gateway.url}/${encodeURIComponent(secret)}`, {});
}

function pieces(secret: string): string[] {
  return [secret, secret.replace(/\W/g, "_"), encodeURIComponent(secret)];
}

const STACK = /\bat .{1,300}\.[cm]?[jt]s:\d+:\d+|node_modules/;

interface Found {
  logs: string;
  answers: string;
  metrics: string;
  redis: string;
}

function expectNowhere(found: Found, secrets: readonly string[]): void {
  for (const [place, text] of Object.entries(found)) {
    for (const secret of secrets) {
      const at = text.indexOf(secret);
      expect(
        at < 0 ? undefined : text.slice(Math.max(0, at - 200), at + 20),
        `a secret in ${place}`,
      ).toBeUndefined();
    }
    expect(STACK.exec(text)?.[0], `a stack trace in ${place}`).toBeUndefined();
    expect(
      /Signature=[0-9a-f]{8,}|SDK-HMAC-SHA256/.exec(text)?.[0],
      `a signature in ${place}`,
    ).toBeUndefined();
  }
}

describe("after successes and failures of every kind, at LOG_LEVEL=trace", () => {
  let redis: RedisConnection;
  beforeAll(async () => {
    redis = await connectTestRedis();
  });
  afterAll(() => redis.close());

  async function runThrough(
    env: Record<string, string>,
    secret: (simulator: TestSimulator) => {
      secret?: string;
      headers: Record<string, string>;
      secrets: string[];
    },
  ): Promise<void> {
    await using simulator = await startSimulator();
    const { secrets, ...own } = secret(simulator);
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: redis.keyPrefix,
      UPSTREAM_TIMEOUT_MS: "500",
      UPSTREAM_BUDGET_MS: "700",
      STATUS_POLL_INTERVAL_MS: "50",
      AUTH_PROOF_TTL_MS: "200",
      LOG_LEVEL: "trace",
      ...env,
    });
    const subject = { gateway, simulator, ...own };
    const answers = new Answers();
    await succeed(answers, subject);
    if (subject.secret !== undefined) await misplace(answers, subject, subject.secret);
    await failUpstream(answers, subject);
    const found = {
      logs: `${gateway.logs.map((line) => JSON.stringify(line)).join("\n")}\n${gateway.stderr()}`,
      answers: answers.texts.join("\n"),
      metrics: await metricsOf(gateway),
      redis: await redisContents(redis),
    };
    expect(gateway.logs.some(({ event }) => event === "upstream_attempt_failed")).toBe(true);
    expect(found.redis.length).toBeGreaterThan(100);
    expectNowhere(found, secrets);
    expect(found.answers).not.toContain(new URL(simulator.url).host);
    expect(found.answers).not.toContain("canonicalRequest");
  }

  it("a caller's token is in no log line, answer, metric or Redis key and value", async () => {
    await runThrough({}, (simulator) => {
      const token = newToken();
      simulator.tokens.add(token, simulator.projectId);
      const headers = { "X-Auth-Token": token, "X-Project-Id": simulator.projectId };
      return { secret: token, headers, secrets: pieces(token) };
    });
  }, 90_000);

  it("nor are the gateway's own keys and signatures", async () => {
    await runThrough(
      {
        AUTH_MODE: "service",
        MODELARTS_AK: "demo-ak",
        MODELARTS_SK: "demo-sk",
        MODELARTS_PROJECT_ID: "demo-project",
      },
      () => ({ headers: {}, secrets: ["demo-sk", "demo-ak"] }),
    );
  }, 90_000);
});
