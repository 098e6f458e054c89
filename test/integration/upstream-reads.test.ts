import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/clock.js";
import type { JobListQuery } from "../../src/domain/index.js";
import { FakeClock } from "../support/fake-clock.js";
import { until } from "../support/until.js";
import { clientOf, failureOf, id, lookup, retryCounter } from "../support/upstream-client.js";
import {
  cut,
  hang,
  inTurn,
  json,
  type Script,
  startUpstreamServer,
  type UpstreamServer,
} from "../support/upstream-server.js";

const version = json({ is_success: true, job_id: 10, job_name: "job", version_id: 20, status: 8 });

let server: UpstreamServer;
beforeEach(async () => {
  server = await startUpstreamServer(version);
});
afterEach(() => server[Symbol.asyncDispose]());

const queryOf = (request = server.seen.at(-1)) => Object.fromEntries(request?.query ?? []);

describe("the lookups' requests", () => {
  const page: JobListQuery = { sortBy: "JOB_NAME", order: "ASC", page: 1, perPage: 10 };

  it("list jobs with what is given and nothing else", async () => {
    server.script = json({ is_success: true, jobs: [] });
    await using client = clientOf(server.url);
    await client.listJobs(lookup(), page);
    expect(server.seen[0]).toMatchObject({ method: "GET", path: "/v1/project-1/training-jobs", body: "" });
    expect(queryOf()).toEqual({ per_page: "10", page: "1", sortBy: "job_name", order: "asc" });
  });

  it("list jobs by status number, text and workspace", async () => {
    server.script = json({ is_success: true, jobs: [] });
    await using client = clientOf(server.url);
    await client.listJobs(lookup(), {
      ...page,
      statusCode: 8,
      searchContent: "a b&c=ü",
      workspaceId: "0",
      order: "DESC",
    });
    expect(queryOf()).toEqual({
      status: "8",
      per_page: "10",
      page: "1",
      sortBy: "job_name",
      order: "desc",
      search_content: "a b&c=ü",
      workspace_id: "0",
    });
  });

  it("name the columns to sort by as the upstream does", async () => {
    server.script = json({ is_success: true, jobs: [] });
    await using client = clientOf(server.url);
    const named = [];
    for (const sortBy of [
      "JOB_NAME",
      "JOB_DESC",
      "STATUS",
      "DURATION",
      "VERSION_COUNT",
      "CREATE_TIME",
    ] as const) {
      await client.listJobs(lookup(), { ...page, sortBy });
      named.push(queryOf().sortBy);
    }
    expect(named).toEqual(["job_name", "job_desc", "status", "duration", "version_count", "create_time"]);
  });

  it("ask for one version by its ids", async () => {
    await using client = clientOf(server.url);
    const greatest = id("9223372036854775807");
    expect(await client.getVersion(lookup(), greatest, greatest)).toMatchObject({ versionId: "20" });
    expect(server.seen[0]?.url).toBe(`/v1/project-1/training-jobs/${greatest}/versions/${greatest}`);
  });

  it("ask for specs and engines by type, engine and project type", async () => {
    server.script = json({ is_success: true, specs: [], engines: [] });
    await using client = clientOf(server.url);
    await client.listResourceSpecs(lookup(), { jobType: "TRAIN" });
    await client.listResourceSpecs(lookup(), { jobType: "INFERENCE", engineId: id("0"), projectType: 0 });
    await client.listEngineSpecs(lookup(), "TRAIN");
    expect(server.seen.map(({ url }) => url)).toEqual([
      "/v1/project-1/job/resource-specs?job_type=train",
      "/v1/project-1/job/resource-specs?job_type=inference&engine_id=0&project_type=0",
      "/v1/project-1/job/ai-engines?job_type=train",
    ]);
  });

  it("keep a path that the endpoint has", async () => {
    await using client = clientOf(`${server.url}/modelarts`);
    await client.getVersion(lookup(), id("10"), id("20"));
    expect(server.seen[0]?.path).toBe("/modelarts/v1/project-1/training-jobs/10/versions/20");
  });
});

describe("listing a job's versions", () => {
  const entries = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => ({ version_id: from + i, create_time: from + i }));
  const answer = (versions: object[], version_count: number | undefined) =>
    json({ is_success: true, job_id: 10, job_name: "job", job_desc: "", version_count, versions });

  it("asks for all at once, and sorts them newest first", async () => {
    server.script = answer(entries(1, 30), 30);
    await using client = clientOf(server.url);
    const job = await client.listVersions(lookup(), id("10"));
    expect(queryOf()).toEqual({ per_page: "1000", page: "0" });
    expect(server.seen).toHaveLength(1);
    expect(job).toMatchObject({ jobId: "10", jobName: "job", jobDesc: "", versionCount: 30, complete: true });
    expect(job.versions.map((v) => v.versionId).slice(0, 2)).toEqual(["30", "29"]);
    expect(job.versions[0]?.coverage).toBe("list");
  });

  it("pages through the rest when the upstream gives fewer than it counts", async () => {
    const all = entries(1, 2_500);
    server.script = (request, response, socket) => {
      const page = Number(request.query.get("page"));
      const start = Math.max(0, page - 1) * 1000;
      return answer(all.slice(start, start + 1000), 2_500)(request, response, socket);
    };
    await using client = clientOf(server.url);
    const job = await client.listVersions(lookup(), id("10"));
    expect(job.complete).toBe(true);
    expect(new Set(job.versions.map((v) => v.versionId)).size).toBe(2_500);
    expect(server.seen.map(({ query }) => query.get("page"))).toEqual(["0", "1", "2", "3"]);
  });

  it("says that versions are missing when no page brings them", async () => {
    server.script = answer(entries(1, 3), 5);
    await using client = clientOf(server.url);
    const job = await client.listVersions(lookup(), id("10"));
    expect(job).toMatchObject({ complete: false, versionCount: 5 });
    expect(job.versions).toHaveLength(3);
    expect(server.seen).toHaveLength(3);
  });

  it("stops at an empty page", async () => {
    server.script = inTurn(answer(entries(1, 3), 5), answer([], 5));
    await using client = clientOf(server.url);
    expect(await client.listVersions(lookup(), id("10"))).toMatchObject({ complete: false });
    expect(server.seen).toHaveLength(2);
  });

  it("counts what came when the upstream does not count", async () => {
    server.script = answer(entries(1, 3), undefined);
    await using client = clientOf(server.url);
    expect(await client.listVersions(lookup(), id("10"))).toMatchObject({ complete: true, versionCount: 3 });
  });

  it("is not without the list", async () => {
    server.script = json({ is_success: true, job_id: 10 });
    await using client = clientOf(server.url);
    expect((await failureOf(client.listVersions(lookup(), id("10")))).code).toBe("UPSTREAM_INVALID_RESPONSE");
  });

  it("takes the job that was asked for where the answer names none", async () => {
    server.script = json({ is_success: true, versions: [{ version_id: 7 }] });
    await using client = clientOf(server.url);
    const { jobId, versions } = await client.listVersions(lookup(), id("10"));
    expect([jobId, ...versions.map(({ versionId }) => versionId)]).toEqual(["10", "7"]);
  });
});

describe("a lookup that fails for a moment", () => {
  const momentary: [string, Script][] = [
    ["429", json("", 429)],
    ["502", json("", 502)],
    ["503", json("", 503)],
    ["504", json("", 504)],
    ["a cut connection", cut],
    [
      "half an answer",
      (_, response, socket) => {
        response.writeHead(200, { "Content-Length": "1000" });
        response.write("{", () => socket.destroy());
      },
    ],
  ];
  for (const [name, script] of momentary) {
    it(`is tried again after ${name}`, async () => {
      server.script = inTurn(script, script, version);
      await using client = clientOf(server.url);
      expect(await client.getVersion(lookup(), id("10"), id("20"))).toMatchObject({ versionId: "20" });
      expect(server.seen).toHaveLength(3);
    });
  }

  const lasting: [string, Script][] = [
    ["400", json({ is_success: false, error_code: "ModelArts.0101" }, 400)],
    ["401", json("", 401)],
    ["403", json("", 403)],
    ["404", json({ error_code: "ModelArts.0015" }, 404)],
    ["500", json({ is_success: false, error_code: "ModelArts.0010" }, 500)],
    ["garbage", json("garbage")],
  ];
  for (const [name, script] of lasting) {
    it(`is not tried again after ${name}`, async () => {
      server.script = script;
      await using client = clientOf(server.url);
      await failureOf(client.getVersion(lookup(), id("10"), id("20")));
      expect(server.seen).toHaveLength(1);
    });
  }

  it("is tried again after a time-out, with what is left of the budget", async () => {
    server.script = hang;
    const clock = new FakeClock();
    const begun = clock.now();
    await using client = clientOf(server.url, { timeoutMs: 10_000, budgetMs: 15_000 }, { clock });
    const failure = failureOf(client.getVersion(lookup(), id("10"), id("20")));
    await until("the first attempt has arrived", () => server.seen.length === 1);
    await clock.advance(10_000);
    await until("the second attempt has arrived", () => server.seen.length === 2);
    await clock.advance(5_000);
    expect((await failure).code).toBe("UPSTREAM_TIMEOUT");
    expect([clock.now() - begun, server.seen.length, clock.sleeping]).toEqual([15_000, 2, 0]);
  });

  it("counts a body that does not end as a time-out", async () => {
    let connection: Socket | undefined;
    server.script = (_, response, socket) => {
      connection = socket;
      response.writeHead(200);
      response.write('{"is_success":true');
    };
    const clock = new FakeClock();
    await using client = clientOf(server.url, { timeoutMs: 5_000, budgetMs: 5_000 }, { clock });
    const failure = failureOf(client.getVersion(lookup(), id("10"), id("20")));
    await until("the request has arrived", () => server.seen.length === 1);
    await clock.advance(5_000);
    expect((await failure).code).toBe("UPSTREAM_TIMEOUT");
    await until("its connection is closed", () => connection?.destroyed);
  });

  it("waits twice as long at most each time, spread at random, and never beyond the budget", async () => {
    server.script = json("", 503);
    const timeoutMs = 1_000;
    const pauses: number[] = [];
    let now = Date.UTC(2026, 0, 1);
    const clock: Clock = {
      now: () => now,
      after: () => () => {},
      sleep: (ms) => {
        pauses.push(ms);
        now += ms;
        return Promise.resolve();
      },
    };
    await using client = clientOf(server.url, { timeoutMs, budgetMs: 15_000 }, { clock, random: () => 0.5 });
    const failure = await failureOf(client.getVersion(lookup(), id("10"), id("20")));
    expect(failure.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400]);
    expect(server.seen).toHaveLength(8);
  });

  it("waits as long as the upstream asks for", async () => {
    server.script = inTurn(json("", 429, { "Retry-After": "3" }), version);
    const clock = new FakeClock();
    const events = retryCounter();
    await using client = clientOf(server.url, {}, { clock, events });
    const answer = client.getVersion(lookup(), id("10"), id("20"));
    await until("it waits", () => events.retries === 1);
    await clock.advance(2_999);
    expect(server.seen).toHaveLength(1);
    await clock.advance(1);
    expect(await answer).toMatchObject({ versionId: "20" });
  });

  it("fails at once when the upstream asks to wait beyond the budget", async () => {
    server.script = json("", 429, { "Retry-After": "60" });
    await using client = clientOf(server.url);
    expect(await failureOf(client.getVersion(lookup(), id("10"), id("20")))).toMatchObject({
      code: "RATE_LIMITED",
      details: { retryAfterMs: 60_000 },
    });
    expect(server.seen).toHaveLength(1);
  });

  it("understands a Retry-After that is a date, by the upstream's own clock", async () => {
    server.script = json("", 503, {
      Date: "Wed, 21 Oct 2015 07:28:00 GMT",
      "Retry-After": "Wed, 21 Oct 2015 07:29:30 GMT",
    });
    await using client = clientOf(server.url);
    expect(await failureOf(client.getVersion(lookup(), id("10"), id("20")))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { retryAfterMs: 90_000 },
    });
  });

  it("tells when to come back after throttling that did not end", async () => {
    server.script = json({ error_code: "APIGW.0308", error_msg: "throttled" }, 429);
    await using client = clientOf(server.url, {}, { random: () => 1_000 });
    const failure = await failureOf(client.getVersion(lookup(), id("10"), id("20")));
    expect(failure.code).toBe("RATE_LIMITED");
    expect(failure.details.retryAfterMs).toBeGreaterThan(0);
  });
});

describe("a lookup whose caller has gone", () => {
  const reason = new Error("The client has gone");

  it("is cancelled upstream, and rejects with the signal's reason", async () => {
    const gone = new AbortController();
    let connection: Socket | undefined;
    server.script = (_, __, socket) => {
      connection = socket;
    };
    await using client = clientOf(server.url);
    const answer = client.getVersion(lookup(undefined, gone.signal), id("10"), id("20"));
    await until("the request has arrived", () => server.seen.length === 1);
    gone.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await until("its connection is closed", () => connection?.destroyed);
  });

  it("is not sent when he had gone before", async () => {
    await using client = clientOf(server.url);
    const answer = client.getVersion(lookup(undefined, AbortSignal.abort(reason)), id("10"), id("20"));
    await expect(answer).rejects.toBe(reason);
    expect(server.seen).toHaveLength(0);
  });

  it("is not tried again", async () => {
    const gone = new AbortController();
    server.script = json("", 503);
    const clock = new FakeClock();
    const events = retryCounter();
    await using client = clientOf(server.url, {}, { clock, random: () => 0.5, events });
    const answer = client.getVersion(lookup(undefined, gone.signal), id("10"), id("20"));
    const rejected = expect(answer).rejects.toBe(reason);
    await until("it waits for its second attempt", () => events.retries === 1);
    gone.abort(reason);
    await rejected;
    expect([server.seen.length, clock.sleeping]).toEqual([1, 0]);
  });
});
