import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DEMO_KEY, DEMO_PROJECT } from "../../simulator/seed/seed.js";
import type { RedisConnection } from "../../src/redis.js";
import { Answers, FAULTS, failUpstream, misplace, succeed } from "../support/caller-exercises.js";
import { metricsOf } from "../support/fuzz-gateway.js";
import { redisContents } from "../support/fuzz-redis.js";
import { startGatewayProcess } from "../support/gateway-process.js";
import { connectTestRedis } from "../support/redis.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";

/** Each fault in a project of its own, so that no circuit that one opens keeps another from happening. */
const faultProject = (index: number) => `faulty-${index}`;
const PROJECTS = [DEMO_PROJECT, ...FAULTS.map((_, index) => faultProject(index))];

/** As long and of the same letters as those that IAM gives out. */
const newToken = () => `MIIT${randomBytes(900).toString("base64").replaceAll("/", "-")}`;

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

describe.concurrent("after successes and failures of every kind, at LOG_LEVEL=trace", () => {
  let redis: RedisConnection;
  beforeAll(async () => {
    redis = await connectTestRedis();
  });
  afterAll(() => redis.close());

  /** @param enter lets callers into a project; what one of them sends */
  async function runThrough(
    env: Record<string, string>,
    enter: (simulator: TestSimulator, projectId: string) => Record<string, string>,
    misplaced: (headers: Record<string, string>) => string | undefined,
  ): Promise<{ found: Found; headers: Record<string, string>[] }> {
    await using simulator = await startSimulator({ accessKeys: [{ ...DEMO_KEY, projectIds: PROJECTS }] });
    const keyPrefix = `${redis.keyPrefix}${randomUUID()}:`;
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: keyPrefix,
      UPSTREAM_TIMEOUT_MS: "500",
      UPSTREAM_BUDGET_MS: "700",
      STATUS_POLL_INTERVAL_MS: "50",
      AUTH_PROOF_TTL_MS: "200",
      LOG_LEVEL: "trace",
      ...env,
    });
    const answers = new Answers();
    const headers = enter(simulator, DEMO_PROJECT);
    const all = [headers];
    const subject = { gateway, simulator, headers };
    await succeed(answers, subject);
    const secret = misplaced(headers);
    if (secret !== undefined) await misplace(answers, subject, secret);
    await Promise.all(
      FAULTS.map(async (fault, index) => {
        const projectId = faultProject(index);
        simulator.store.addProject(projectId);
        const own = enter(simulator, projectId);
        all.push(own);
        await failUpstream(answers, { gateway, simulator, headers: own }, projectId, fault);
      }),
    );
    const found = {
      logs: `${gateway.logs.map((line) => JSON.stringify(line)).join("\n")}\n${gateway.stderr()}`,
      answers: answers.texts.join("\n"),
      metrics: await metricsOf(gateway),
      redis: await redisContents({ ...redis, keyPrefix }),
    };
    expect(gateway.logs.some(({ event }) => event === "upstream_attempt_failed")).toBe(true);
    expect(found.redis.length).toBeGreaterThan(100);
    expect(found.answers).not.toContain(new URL(simulator.url).host);
    expect(found.answers).not.toContain("canonicalRequest");
    return { found, headers: all };
  }

  it("a caller's token is in no log line, answer, metric or Redis key and value", async () => {
    const { found, headers } = await runThrough(
      {},
      (simulator, projectId) => {
        const token = newToken();
        simulator.tokens.add(token, projectId);
        return { "X-Auth-Token": token, "X-Project-Id": projectId };
      },
      (sent) => sent["X-Auth-Token"],
    );
    expectNowhere(
      found,
      headers.flatMap((sent) => pieces(sent["X-Auth-Token"] ?? "")),
    );
  }, 90_000);

  it("nor are the gateway's own keys and signatures", async () => {
    const { found } = await runThrough(
      {
        AUTH_MODE: "service",
        MODELARTS_AK: DEMO_KEY.ak,
        MODELARTS_SK: DEMO_KEY.sk,
        MODELARTS_PROJECTS: PROJECTS.join(","),
      },
      (_simulator, projectId) => ({ "X-Project-Id": projectId }),
      () => undefined,
    );
    expectNowhere(found, [DEMO_KEY.sk, DEMO_KEY.ak]);
  }, 90_000);
});
