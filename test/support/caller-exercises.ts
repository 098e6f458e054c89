import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { FaultSpec } from "../../simulator/faults/fault.js";
import { openEventStream } from "./event-stream.js";
import type { GatewayProcess } from "./gateway-process.js";
import { collect, webSocketClient } from "./graphql-client.js";
import { CREATE, sampleInput } from "./sample.js";
import type { TestSimulator } from "./simulator.js";
import { until } from "./until.js";

const JOBS = "{ trainingJobs { jobs { jobName currentVersion { specCode } } } }";
const JOB = "query ($id: ID!) { trainingJob(jobId: $id) { jobName versions { versionId } } }";
const STOP =
  'mutation { stopTrainingJobVersion(jobId: "14", versionId: "301") { jobId version { status } } }';
const WATCH =
  'subscription ($after: String) { trainingJobStatusChanged(jobId: "10", after: $after) { cursor status } }';

/** Everything that can go wrong upstream. */
export const FAULTS = [
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
] as const satisfies FaultSpec[];

export interface Subject {
  gateway: GatewayProcess;
  simulator: TestSimulator;
  headers: Record<string, string>;
}

interface StreamRequest {
  query: string;
  variables?: Record<string, unknown>;
}

/** Keeps the text of every answer, whatever it is. */
export class Answers {
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

export async function succeed(answers: Answers, subject: Subject): Promise<void> {
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

export async function failUpstream(
  answers: Answers,
  subject: Subject,
  projectId: string,
  fault: FaultSpec,
): Promise<void> {
  const { faults, journal } = subject.simulator;
  const added = faults.add({ ...fault, projectId });
  const input = { ...sampleInput(), jobDesc: fault.kind };
  await Promise.all([
    answers.post(subject, { query: JOB, variables: { id: "13" } }),
    answers.post(subject, { query: CREATE, variables: { input } }),
    answers.post(subject, {
      query: CREATE,
      variables: { input: { ...input, idempotencyKey: randomUUID() } },
    }),
    answers.post(subject, { query: STOP }),
  ]);
  const struck = journal.entries({ projectId }).map(({ route }) => route);
  expect(struck).toEqual(expect.arrayContaining(["listVersions", "createVersion", "stopVersion"]));
  if (fault.kind === "unauthorized-echo" || fault.kind === "failure-with-200") {
    const hitsBefore = added.hits;
    await answers.stream(
      subject,
      { query: WATCH.replace('"10"', '"12"') },
      () => added.hits > hitsBefore + 2,
    );
  }
}

/** The caller's own credential where it does not belong. */
export async function misplace(answers: Answers, subject: Subject, secret: string): Promise<void> {
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
