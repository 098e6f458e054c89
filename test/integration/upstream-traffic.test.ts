import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LocalPermitSource, type PermitSource, type UpstreamEvents } from "../../src/upstream/index.js";
import { FakeClock } from "../support/fake-clock.js";
import { silentUpstreamEvents } from "../support/silent-events.js";
import { until } from "../support/until.js";
import {
  clientOf,
  failureOf,
  id,
  lookup,
  mutation,
  tokenCaller,
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

const version = json({ is_success: true, job_id: 10, version_id: 20 });
/** A backoff beyond any budget. */
const noRetries = { random: () => 1_000_000 };

let server: UpstreamServer;
beforeEach(async () => {
  server = await startUpstreamServer(version);
});
afterEach(() => server[Symbol.asyncDispose]());

type Client = ReturnType<typeof clientOf>;
const read = (client: Client) => client.getVersion(lookup(), id("10"), id("20"));

/** A script that holds every request until it is released. */
function held(script: Script): { script: Script; release(): void } {
  const gate = new AbortController();
  const released = new Promise((resolve) => gate.signal.addEventListener("abort", resolve));
  return {
    script: async (request, response, socket) => {
      await released;
      await script(request, response, socket);
    },
    release: () => gate.abort(),
  };
}

describe("connections", () => {
  it("are kept alive and used again", async () => {
    await using client = clientOf(server.url);
    for (let i = 0; i < 20; i++) await read(client);
    // A connection counts as busy for a moment after its answer is complete: calls in a row alternate between two.
    expect(server.connections.size).toBeLessThanOrEqual(2);
  });

  it("are never more than configured; further calls wait", async () => {
    const { script, release } = held(version);
    server.script = script;
    const lengths: number[] = [];
    const events = { ...silentUpstreamEvents, waiting: (_: string, length: number) => lengths.push(length) };
    await using client = clientOf(server.url, { maxConnections: 2 }, { events });
    const answers = Promise.all(Array.from({ length: 10 }, () => read(client)));
    await until("two have arrived", () => server.seen.length === 2);
    expect([lengths.at(-1), server.connections.size]).toEqual([8, 2]);
    release();
    await answers;
    expect([lengths.at(-1), server.seen.length]).toEqual([0, 10]);
  });

  it("refuse at once what exceeds the bounded queue, polls before lookups before mutations", async () => {
    const { script, release } = held(version);
    server.script = script;
    const shed: string[] = [];
    const events = { ...silentUpstreamEvents, shed: (route: string) => shed.push(route) };
    await using client = clientOf(server.url, { maxConnections: 1 }, { events });
    const poll = () => client.getVersion({ ...lookup(), priority: "poll" }, id("10"), id("20"));
    const polls = Array.from({ length: 17 }, () => poll());
    expect(await failureOf(poll())).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { retryAfterMs: 1_000 },
    });
    const creation = client.createVersion(mutation(), vendorSample);
    const displaced = await failureOf(Promise.all(polls));
    expect(displaced.message).toContain("waiting");
    release();
    expect(await creation).toMatchObject({ versionId: "20" });
    await Promise.allSettled(polls);
    expect(shed).toEqual(["get_version", "get_version"]);
    expect(server.seen.map(({ method }) => method).slice(0, 2)).toEqual(["GET", "POST"]);
  });

  it("refuse a mutation that found no room with the outcome not-sent", async () => {
    const { script, release } = held(version);
    server.script = script;
    await using client = clientOf(server.url, { maxConnections: 1 });
    const all = Array.from({ length: 17 }, () => client.createVersion(mutation(), vendorSample));
    expect(await failureOf(client.createVersion(mutation(), vendorSample))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "not-sent" },
    });
    release();
    await Promise.all(all);
  });

  it("take no answer beyond 32 MiB", async () => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    server.script = (_, response) => {
      let sent = 0;
      const more = (): void => {
        while (!response.destroyed && sent++ < 64) {
          if (!response.write(chunk)) {
            response.once("drain", more);
            return;
          }
        }
        response.end();
      };
      more();
    };
    await using client = clientOf(server.url);
    expect((await failureOf(read(client))).code).toBe("UPSTREAM_INVALID_RESPONSE");
    expect(await failureOf(client.createVersion(mutation(), vendorSample))).toMatchObject({
      code: "UPSTREAM_INVALID_RESPONSE",
      details: { outcome: "unknown" },
    });
  });

  it("that speak no HTTP give no valid response", async () => {
    server.script = (_, __, socket) => {
      socket.end("220 mail.example.com ESMTP\r\n");
    };
    await using client = clientOf(server.url);
    expect((await failureOf(read(client))).code).toBe("UPSTREAM_INVALID_RESPONSE");
  });

  it("are closed with the client, which takes no more calls then", async () => {
    const client = clientOf(server.url);
    await read(client);
    await client.close();
    await until("the connection is closed", () => server.connections.size === 0);
    expect((await failureOf(client.createVersion(mutation(), vendorSample))).details.outcome).toBe(
      "not-sent",
    );
    expect((await failureOf(read(client))).code).toBe("UPSTREAM_UNAVAILABLE");
    expect(server.seen).toHaveLength(1);
    await client.close();
  });

  it("let a mutation that is under way end before the client is closed", async () => {
    const { script, release } = held(version);
    server.script = script;
    const client = clientOf(server.url);
    const creation = client.createVersion(mutation(), vendorSample);
    await until("it has arrived", () => server.seen.length === 1);
    const closed = client.close();
    release();
    expect(await creation).toMatchObject({ versionId: "20" });
    await closed;
  });
});

describe("the circuit", () => {
  const failing: [string, Script][] = [
    ["a cut connection", cut],
    ["a 5xx page", json("<html>", 500)],
    ["a 5xx of the API gateway", json({ error_code: "APIGW.0201" }, 503)],
  ];
  for (const [name, script] of failing) {
    it(`opens after 10 calls that met ${name}, and spares the upstream for 5 seconds`, async () => {
      server.script = script;
      const clock = new FakeClock();
      await using client = clientOf(server.url, {}, { clock, ...noRetries });
      for (let i = 0; i < 10; i++) await failureOf(read(client));
      expect(await failureOf(read(client))).toMatchObject({
        code: "UPSTREAM_UNAVAILABLE",
        details: { retryAfterMs: 5_000 },
      });
      expect(server.seen).toHaveLength(10);
      server.script = version;
      await clock.advance(4_999);
      await failureOf(read(client));
      expect(server.seen).toHaveLength(10);
      await clock.advance(1);
      expect(await read(client)).toMatchObject({ versionId: "20" });
      expect(await read(client)).toMatchObject({ versionId: "20" });
    });
  }

  it("opens after 10 time-outs", async () => {
    server.script = hang;
    const clock = new FakeClock();
    await using client = clientOf(server.url, { maxConnections: 16, budgetMs: 1_000 }, { clock });
    const failures = Promise.all(Array.from({ length: 10 }, () => failureOf(read(client))));
    await until("all have arrived", () => server.seen.length === 10);
    await clock.advance(1_000);
    for (const failure of await failures) expect(failure.code).toBe("UPSTREAM_TIMEOUT");
    expect((await failureOf(read(client))).code).toBe("UPSTREAM_UNAVAILABLE");
    expect(server.seen).toHaveLength(10);
  });

  const answered: [string, Script][] = [
    ["a 5xx with a ModelArts code", json({ is_success: false, error_code: "ModelArts.0010" }, 500)],
    ["throttling", json("", 429)],
    ["a refusal", json({ is_success: false, error_code: "ModelArts.0105" }, 400)],
    ["garbage", json("garbage")],
  ];
  for (const [name, script] of answered) {
    it(`stays closed through ${name}: the upstream does answer`, async () => {
      server.script = script;
      await using client = clientOf(server.url, {}, noRetries);
      for (let i = 0; i < 20; i++) await failureOf(read(client));
      expect(server.seen).toHaveLength(20);
    });
  }

  it("is one for each project and group of routes", async () => {
    server.script = json("", 500);
    await using client = clientOf(server.url, {}, { clock: new FakeClock(), ...noRetries });
    for (let i = 0; i < 10; i++) await failureOf(read(client));
    const before = server.seen.length;
    await failureOf(client.listVersions(lookup(), id("10")));
    await failureOf(client.listVersions({ ...lookup(), priority: "poll" }, id("10")));
    await failureOf(client.listJobs(lookup(), { sortBy: "JOB_NAME", order: "ASC", page: 1, perPage: 10 }));
    expect(server.seen.length).toBe(before);
    const other = { ...tokenCaller, projectId: "project-2" };
    await failureOf(client.getVersion(lookup(other), id("10"), id("20")));
    await failureOf(client.listEngineSpecs(lookup(), "TRAIN"));
    await failureOf(client.stopVersion(mutation(), id("10"), id("20")));
    expect(server.seen.length).toBe(before + 3);
  });

  it("leaves mutations not sent while it is open", async () => {
    server.script = json("", 500);
    await using client = clientOf(server.url, {}, { clock: new FakeClock(), ...noRetries });
    for (let i = 0; i < 10; i++) await failureOf(client.stopVersion(mutation(), id("10"), id("20")));
    expect(await failureOf(client.createVersion(mutation(), vendorSample))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "not-sent", retryAfterMs: 5_000 },
    });
    expect(server.seen).toHaveLength(10);
  });
});

describe("a known limit of calls per minute", () => {
  it("is kept, and tells when to come back", async () => {
    const clock = new FakeClock();
    await using client = clientOf(server.url, { callsPerMinute: 10 }, { clock });
    for (let i = 0; i < 9; i++) await read(client);
    expect(await failureOf(read(client))).toMatchObject({
      code: "RATE_LIMITED",
      details: { retryAfterMs: 60_000 },
    });
    expect(await client.createVersion(mutation(), vendorSample)).toMatchObject({ versionId: "20" });
    expect(server.seen).toHaveLength(10);
    await clock.advance(60_000);
    await read(client);
  });

  it("can be shared through permits of another kind, which every attempt asks", async () => {
    server.script = json("", 503);
    const asked: unknown[] = [];
    const sharePermits = (local: LocalPermitSource): PermitSource => ({
      take(crowds) {
        asked.push(...crowds);
        return local.take(crowds);
      },
      giveBack: (count) => local.giveBack(count),
    });
    let pauses = 0;
    const random = () => (pauses++ < 2 ? 0 : 1_000_000);
    await using client = clientOf(server.url, { callsPerMinute: 100 }, { sharePermits, random });
    await failureOf(read(client));
    const call = { priority: "lookup", projectId: "project-1", count: 1 };
    expect(asked).toEqual([call, call, call]);
  });
});

describe("the upstream's health", () => {
  it("is bad after calls that failed, with a reason that names no address", async () => {
    server.script = cut;
    await using client = clientOf(server.url, {}, { clock: new FakeClock(), ...noRetries });
    expect(client.degradedReason()).toBeUndefined();
    await failureOf(read(client));
    expect(client.degradedReason()).toMatch(/connection/i);
    expect(client.degradedReason()).not.toMatch(/127/);
  });

  it("is not bad because a caller is refused", async () => {
    server.script = json("", 401);
    await using client = clientOf(server.url);
    await failureOf(read(client));
    expect(client.degradedReason()).toBeUndefined();
  });

  it("is probed without a credential, only while it is bad, and good when any answer below 500 comes", async () => {
    await using client = clientOf(server.url, {}, { clock: new FakeClock(), ...noRetries });
    await client.probe();
    expect(server.seen).toHaveLength(0);
    for (const sick of [cut, json("", 500)]) {
      server.script = sick;
      await failureOf(read(client));
      await client.probe();
      expect(client.degradedReason()).toBeDefined();
    }
    const before = server.seen.length;
    server.script = json("", 404);
    await Promise.all([client.probe(), client.probe()]);
    expect(client.degradedReason()).toBeUndefined();
    expect(server.seen.length).toBe(before + 1);
    const probe = server.seen.at(-1);
    expect(probe).toMatchObject({ method: "GET", path: "/" });
    expect(Object.keys(probe?.headers ?? {})).not.toContain("x-auth-token");
  });

  it("knows the upstream's time by its Date header", async () => {
    server.script = json({ is_success: true, job_id: 10, version_id: 20 }, 200, {
      Date: "Wed, 21 Oct 2015 07:28:00 GMT",
    });
    const clock = new FakeClock();
    await using client = clientOf(server.url, {}, { clock });
    expect(client.estimatedTime()).toBeUndefined();
    await read(client);
    await clock.advance(1_500);
    expect(client.estimatedTime()).toBe(Date.UTC(2015, 9, 21, 7, 28, 1, 500));
  });
});

describe("what an operator is told", () => {
  it("are attempts by route and outcome, retries and circuits", async () => {
    const told: unknown[] = [];
    const events: UpstreamEvents = {
      ...silentUpstreamEvents,
      attempt: (route, outcome, durationMs) => told.push(["attempt", route, outcome, durationMs >= 0]),
      retry: (route, reason) => told.push(["retry", route, reason]),
      circuit: (group, state) => told.push(["circuit", group, state]),
    };
    server.script = json("", 503);
    let pauses = 0;
    const random = () => (pauses++ === 0 ? 0 : 1_000_000);
    await using client = clientOf(server.url, {}, { events, random });
    await failureOf(read(client));
    server.script = version;
    await client.createVersion(mutation(), vendorSample);
    expect(told).toEqual([
      ["attempt", "get_version", "UPSTREAM_UNAVAILABLE", true],
      ["retry", "get_version", "UPSTREAM_UNAVAILABLE"],
      ["attempt", "get_version", "UPSTREAM_UNAVAILABLE", true],
      ["attempt", "create_version", "success", true],
    ]);
    server.script = json("", 503);
    for (let i = 0; i < 8; i++) await failureOf(read(client));
    expect(told.at(-1)).toEqual(["circuit", "jobs", "open"]);
  });

  it("never holds a token or what the upstream said", async () => {
    const lines: string[] = [];
    const log = pino({ level: "trace" }, { write: (line) => lines.push(line) });
    await using client = clientOf(server.url, {}, { log, ...noRetries });
    for (const status of [400, 401, 403, 500, 503]) {
      server.script = json({ error_code: "APIGW.0301", error_msg: "secret words" }, status);
      await failureOf(read(client));
      server.script = json("<secret words>", status);
      await failureOf(client.createVersion(mutation(), vendorSample));
    }
    expect(lines.length).toBe(10);
    expect(lines.join("")).not.toMatch(/token-of-a-caller|secret words/);
  });
});
