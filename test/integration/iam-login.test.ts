import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceIdentity } from "../../src/config/index.js";
import { createMetrics } from "../../src/observability/metrics.js";
import { FakeClock } from "../support/fake-clock.js";
import { until } from "../support/until.js";
import {
  clientOf,
  failureOf,
  id,
  lookup,
  mutation,
  serviceCaller,
  vendorSample,
} from "../support/upstream-client.js";
import {
  cut,
  hang,
  json,
  type Script,
  startUpstreamServer,
  type UpstreamServer,
} from "../support/upstream-server.js";

const DAY_MS = 24 * 60 * 60_000;
const version = json({ is_success: true, job_id: 10, version_id: 20 });

let server: UpstreamServer;
let clock: FakeClock;
let lines: string[];
/** What IAM does; it gives out token-1, token-2 and so on unless told. */
let iam: Script;
/** Tokens that the upstream refuses. */
let refused: Set<string>;
let issued: number;

/** IAM's own clock is `skewMs` ahead of the gateway's. */
function issuing(lifetimeMs = DAY_MS, skewMs = 0): Script {
  return (request, response, socket) => {
    issued += 1;
    const now = clock.now() + skewMs;
    const expires_at = new Date(now + lifetimeMs).toISOString().replace("Z", "000Z");
    const headers = { "X-Subject-Token": `token-${issued}`, Date: new Date(now).toUTCString() };
    return json({ token: { expires_at } }, 201, headers)(request, response, socket);
  };
}

beforeEach(async () => {
  clock = new FakeClock();
  lines = [];
  refused = new Set();
  issued = 0;
  iam = issuing();
  server = await startUpstreamServer((request, response, socket) => {
    if (request.path === "/v3/auth/tokens") return iam(request, response, socket);
    const isRefused = refused.has(String(request.headers["x-auth-token"]));
    const script = isRefused ? json({ error_code: "APIGW.0307" }, 401) : version;
    return script(request, response, socket);
  });
});
afterEach(() => server[Symbol.asyncDispose]());

function client(random = 0, { upstream: events } = createMetrics()) {
  const login = {
    endpoint: server.url,
    username: "user",
    password: { value: "the-password" },
    domainName: "domain",
    projectName: "project",
  };
  const identity: ServiceIdentity = { kind: "iam-login", login };
  const log = pino({ level: "debug" }, { write: (line) => lines.push(line) });
  return clientOf(server.url, { identity }, { clock, log, random: () => random, events });
}

type Client = ReturnType<typeof client>;
const read = (upstream: Client) => upstream.getVersion(lookup(serviceCaller), id("10"), id("20"));
const logins = () => server.seen.filter(({ path }) => path === "/v3/auth/tokens").length;
const tokensUsed = () =>
  server.seen.flatMap(({ headers }) =>
    headers["x-auth-token"] === undefined ? [] : [headers["x-auth-token"]],
  );

describe("a token by password login", () => {
  it("is renewed in the background by one login, while calls go on with the old one", async () => {
    await using upstream = client();
    await read(upstream);
    await clock.advance(DAY_MS * 0.75 - 1);
    await read(upstream);
    expect(logins()).toBe(1);
    await clock.advance(1);
    iam = hang;
    await Promise.all(Array.from({ length: 20 }, () => read(upstream)));
    expect(tokensUsed().every((token) => token === "token-1")).toBe(true);
    await until("it is being renewed", () => logins() === 2);
    await read(upstream);
    expect(logins()).toBe(2);
  });

  it("is used as soon as it is there", async () => {
    await using upstream = client();
    await read(upstream);
    await clock.advance(DAY_MS * 0.8);
    await until("a call carries the renewed token", async () => {
      await read(upstream);
      return tokensUsed().at(-1) === "token-2";
    });
    expect(logins()).toBe(2);
  });

  it("is renewed at another time by each replica", async () => {
    await using upstream = client(0.9);
    await read(upstream);
    await clock.advance(DAY_MS * 0.88);
    await read(upstream);
    expect(logins()).toBe(1);
    await clock.advance(DAY_MS * 0.01);
    await read(upstream);
    await until("it is being renewed", () => logins() === 2);
  });

  it("stays in use while its renewal fails, which is tried again ever more rarely", async () => {
    await using upstream = client();
    await read(upstream);
    iam = json("", 503);
    await clock.advance(DAY_MS * 0.8);
    for (let second = 0; second < 120; second++) {
      await read(upstream);
      await clock.advance(1_000);
    }
    expect(new Set(tokensUsed())).toEqual(new Set(["token-1"]));
    expect(logins()).toBeGreaterThan(3);
    expect(logins()).toBeLessThan(12);
  });

  it("is waited for when the old one has ended", async () => {
    await using upstream = client();
    await read(upstream);
    await clock.advance(DAY_MS - 5_000);
    await Promise.all([read(upstream), read(upstream), read(upstream)]);
    expect(tokensUsed().slice(1)).toEqual(["token-2", "token-2", "token-2"]);
    expect(logins()).toBe(2);
  });

  it.each([-2, 2])("ends by IAM's own clock, which may be %i hours off", async (hours) => {
    iam = issuing(60 * 60_000, hours * 60 * 60_000);
    await using upstream = client();
    await read(upstream);
    await clock.advance(40 * 60_000);
    await read(upstream);
    expect(logins()).toBe(1);
    await clock.advance(20 * 60_000);
    await read(upstream);
    expect(tokensUsed()).toEqual(["token-1", "token-1", "token-2"]);
  });

  it("is asked for once when many calls find it refused at the same time", async () => {
    await using upstream = client();
    await read(upstream);
    refused.add("token-1");
    await Promise.all([
      ...Array.from({ length: 10 }, () => read(upstream)),
      upstream.createVersion(mutation(serviceCaller), vendorSample),
    ]);
    expect(logins()).toBe(2);
  });

  it("is not asked for before long when the new one was refused as well; nothing is sent meanwhile", async () => {
    await using upstream = client();
    for (let n = 1; n <= 20; n++) refused.add(`token-${n}`);
    expect(await failureOf(read(upstream))).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    expect([logins(), tokensUsed().length]).toEqual([2, 2]);
    expect(await failureOf(read(upstream))).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    const sent = server.seen.length;
    expect(await failureOf(upstream.stopVersion(mutation(serviceCaller), id("10"), id("20")))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "not-sent" },
    });
    expect(server.seen.length).toBe(sent);
    refused.clear();
    await clock.advance(60_000);
    await read(upstream);
  });
});

describe("a login that fails", () => {
  it.each([
    ["breaks off", cut],
    ["answers 503", json("", 503)],
    ["throttles", json("", 429, { "Retry-After": "1" })],
    ["answers without a token", json({ token: { expires_at: "2030-01-01T00:00:00.000000Z" } }, 201)],
    ["answers without an end", json({ token: {} }, 201, { "X-Subject-Token": "t" })],
    [
      "answers with a token that has ended",
      json({ token: { expires_at: "2020-01-01T00:00:00Z" } }, 201, { "X-Subject-Token": "t" }),
    ],
    ["answers with something else", json("<html>", 200)],
  ])("because IAM %s is tried again for the calls that wait", async (_, script) => {
    iam = script;
    await using upstream = client();
    const calls = [read(upstream), upstream.createVersion(mutation(serviceCaller), vendorSample)];
    await until(
      "the calls wait for the next login",
      () => logins() === 1 && lines.join("").includes("iam_login_failed"),
    );
    await clock.advance(0);
    iam = issuing();
    await clock.advance(1_100);
    await Promise.all(calls);
    expect(logins()).toBe(2);
  });

  it.each([400, 401, 403, 404])(
    "because IAM answers %i is not tried again for a minute or so",
    async (status) => {
      iam = json({ error: { message: "the-password is wrong" } }, status);
      await using upstream = client();
      const failure = await failureOf(upstream.createVersion(mutation(serviceCaller), vendorSample));
      expect(failure).toMatchObject({
        code: "UPSTREAM_UNAVAILABLE",
        details: { outcome: "not-sent", retryAfterMs: 30_000 },
      });
      for (let second = 0; second < 29; second++) {
        expect((await failureOf(read(upstream))).details).not.toHaveProperty("outcome");
        await clock.advance(1_000);
      }
      expect(logins()).toBe(1);
      iam = issuing();
      await clock.advance(1_000);
      await read(upstream);
      expect(lines.join("") + failure.message).not.toContain("the-password");
      const levels = lines
        .map((line) => JSON.parse(line))
        .filter(({ event }) => event === "iam_login_failed");
      expect(levels.map(({ level }) => level)).toEqual([50]);
    },
  );

  it("asks a user whom IAM does not let in no more than five times in a quarter of an hour", async () => {
    iam = json("", 401);
    await using upstream = client(1);
    for (let second = 0; second < 15 * 60; second += 5) {
      await failureOf(read(upstream));
      await clock.advance(5_000);
    }
    expect(logins()).toBeLessThanOrEqual(5);
  });

  it("because IAM hangs fails the calls when their time is over", async () => {
    iam = hang;
    await using upstream = client();
    const failure = failureOf(upstream.createVersion(mutation(serviceCaller), vendorSample));
    await until("IAM is asked", () => logins() === 1);
    for (let second = 0; second < 15; second++) await clock.advance(1_000);
    expect(await failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", details: { outcome: "not-sent" } });
    expect(tokensUsed()).toEqual([]);
  });

  it("lets go of a caller who has gone, and goes on for the others", async () => {
    let answer = () => {};
    iam = (request, response, socket) => {
      answer = () => void issuing()(request, response, socket);
    };
    await using upstream = client();
    const gone = new AbortController();
    const leaving = upstream.getVersion(lookup(serviceCaller, gone.signal), id("10"), id("20"));
    const staying = read(upstream);
    await until("IAM is asked", () => logins() === 1);
    gone.abort(new Error("gone"));
    await expect(leaving).rejects.toThrow("gone");
    answer();
    await staying;
    expect(logins()).toBe(1);
  });

  it("does not keep the client from closing", async () => {
    iam = hang;
    const upstream = client();
    const failure = failureOf(read(upstream));
    await until("IAM is asked", () => logins() === 1);
    await upstream.close();
    expect(await failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
  });
});

it("logins are counted by how they ended, and the calls whose token was refused by what came of them", async () => {
  const metrics = createMetrics();
  const counted = async (series: string) =>
    new RegExp(`^modelarts_gateway_upstream_${series} (\\d+)$`, "m").exec(await metrics.text())?.[1];
  const untilCounted = (series: string, count: string) =>
    until(series, async () => (await counted(series)) === count);
  await using upstream = client(0, metrics);
  await read(upstream);
  expect(await counted('logins_total{outcome="success"}')).toBe("1");

  await clock.advance(DAY_MS * 0.8);
  for (const [script, outcome] of [
    [json("", 503), "unavailable"],
    [json("", 401), "rejected"],
    [json("", 201), "invalid-answer"],
  ] as const) {
    iam = script;
    await read(upstream);
    await untilCounted(`logins_total{outcome="${outcome}"}`, "1");
    await clock.advance(15 * 60_000);
  }
  iam = issuing();
  await read(upstream);
  await untilCounted('logins_total{outcome="success"}', "2");

  refused.add("token-2");
  await read(upstream);
  expect(await counted('identity_refusals_total{then="renewed"}')).toBe("1");
  refused.add("token-3").add("token-4");
  await clock.advance(15 * 60_000);
  await failureOf(read(upstream));
  expect(await counted('identity_refusals_total{then="renewed"}')).toBe("2");
  expect(await counted('identity_refusals_total{then="given-up"}')).toBe("1");
});
