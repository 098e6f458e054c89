import { describe, expect, test } from "vitest";
import { createMetrics, type Metrics } from "../../../src/observability/metrics.js";

const PREFIX = "modelarts_gateway_";

/** The value of one series of this gateway, named as Prometheus writes it, without the prefix. */
async function value(metrics: Metrics, series: string): Promise<number | undefined> {
  const line = (await metrics.text()).split("\n").find((each) => each.startsWith(`${PREFIX}${series} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

describe("operations", () => {
  test("are counted by type and outcome", async () => {
    const metrics = createMetrics();
    metrics.http.operation("query", "ok", 0.004);
    metrics.http.operation("query", "ok", 0.004);
    metrics.http.operation("mutation", "BAD_USER_INPUT", 0.001);
    expect(await value(metrics, 'operations_total{type="query",outcome="ok"}')).toBe(2);
    expect(await value(metrics, 'operations_total{type="mutation",outcome="BAD_USER_INPUT"}')).toBe(1);
  });

  test("are timed, subscriptions excepted", async () => {
    const metrics = createMetrics();
    metrics.http.operation("query", "ok", 0.004);
    metrics.http.operation("subscription", "ok", 3_600);
    expect(await value(metrics, 'operation_duration_seconds_bucket{le="0.0025",type="query"}')).toBe(0);
    expect(await value(metrics, 'operation_duration_seconds_bucket{le="0.005",type="query"}')).toBe(1);
    expect(await value(metrics, 'operation_duration_seconds_count{type="subscription"}')).toBeUndefined();
  });

  test("with a code that no catalogue lists share one label value", async () => {
    const metrics = createMetrics();
    for (let n = 0; n < 100; n += 1) metrics.http.operation("query", `SURPRISE_${n}`, 0.001);
    expect(await value(metrics, 'operations_total{type="query",outcome="other"}')).toBe(100);
    expect(await metrics.text()).not.toContain("SURPRISE");
  });

  test("over open WebSockets and event streams are seen as long as these are open", async () => {
    const metrics = createMetrics();
    expect(await value(metrics, 'open_streams{transport="sse"}')).toBe(0);
    const closed = metrics.http.streamOpened("ws");
    metrics.http.streamOpened("ws");
    expect(await value(metrics, 'open_streams{transport="ws"}')).toBe(2);
    closed();
    expect(await value(metrics, 'open_streams{transport="ws"}')).toBe(1);
  });
});

test("what the caches do is counted", async () => {
  const { cache, ...metrics } = createMetrics();
  cache.hit("process", "version");
  cache.hit("process", "version");
  cache.hit("shared", "jobs");
  cache.miss("jobs");
  cache.staleServed("jobs");
  cache.refreshed("jobs");
  cache.coalesced("replica", "versions");
  cache.loaded("specs", "not_found");
  cache.proofRenewed("version");
  cache.invalidated("remote");
  cache.storeFailed("write");
  cache.channel(true);
  const all = { cache, ...metrics };
  expect(await value(all, 'cache_hits_total{tier="process",kind="version"}')).toBe(2);
  expect(await value(all, 'cache_hits_total{tier="shared",kind="jobs"}')).toBe(1);
  expect(await value(all, 'cache_misses_total{kind="jobs"}')).toBe(1);
  expect(await value(all, 'cache_stale_served_total{kind="jobs"}')).toBe(1);
  expect(await value(all, 'cache_refreshes_total{kind="jobs"}')).toBe(1);
  expect(await value(all, 'cache_coalesced_total{where="replica",kind="versions"}')).toBe(1);
  expect(await value(all, 'cache_loads_total{kind="specs",outcome="not_found"}')).toBe(1);
  expect(await value(all, 'cache_proofs_renewed_total{kind="version"}')).toBe(1);
  expect(await value(all, 'cache_invalidations_total{origin="remote"}')).toBe(1);
  expect(await value(all, 'cache_store_failures_total{operation="write"}')).toBe(1);
  expect(await value(all, "cache_channel_up")).toBe(1);
  cache.channel(false);
  expect(await value(all, "cache_channel_up")).toBe(0);
});

test("the traffic to the upstream is counted and timed", async () => {
  const metrics = createMetrics();
  metrics.upstream.attempt("list_jobs", "success", 40);
  metrics.upstream.attempt("list_jobs", "UPSTREAM_TIMEOUT", 10_000);
  metrics.upstream.retry("list_jobs", "UPSTREAM_TIMEOUT");
  metrics.upstream.shed("get_version");
  metrics.upstream.circuit("jobs", "open");
  metrics.upstream.waiting("connection", 7);
  metrics.upstream.login("rejected");
  metrics.upstream.identityRefused("given-up");
  const route = 'route="list_jobs"';
  expect(await value(metrics, `upstream_attempts_total{${route},outcome="success"}`)).toBe(1);
  expect(await value(metrics, `upstream_attempts_total{${route},outcome="UPSTREAM_TIMEOUT"}`)).toBe(1);
  expect(await value(metrics, `upstream_attempt_duration_seconds_bucket{le="0.05",${route}}`)).toBe(1);
  expect(await value(metrics, `upstream_attempt_duration_seconds_sum{${route}}`)).toBeCloseTo(10.04, 6);
  expect(await value(metrics, `upstream_retries_total{${route},reason="UPSTREAM_TIMEOUT"}`)).toBe(1);
  expect(await value(metrics, 'upstream_shed_total{route="get_version"}')).toBe(1);
  expect(await value(metrics, 'upstream_circuit_transitions_total{group="jobs",state="open"}')).toBe(1);
  expect(await value(metrics, 'upstream_waiting{kind="connection"}')).toBe(7);
  expect(await value(metrics, 'upstream_logins_total{outcome="rejected"}')).toBe(1);
  expect(await value(metrics, 'upstream_identity_refusals_total{then="given-up"}')).toBe(1);
});

test("watching is counted, and the time from a change to its delivery", async () => {
  const metrics = createMetrics();
  const { watch } = metrics;
  watch.subscribers(12);
  watch.watches(3);
  watch.leases(2);
  watch.poll("changed");
  watch.delivered(20);
  watch.collapsed(5);
  watch.resumed(true);
  watch.resumed(false);
  watch.gap();
  watch.proof("granted");
  expect(await value(metrics, "watch_subscribers")).toBe(12);
  expect(await value(metrics, "watch_jobs")).toBe(3);
  expect(await value(metrics, "watch_leases")).toBe(2);
  expect(await value(metrics, 'watch_polls_total{outcome="changed"}')).toBe(1);
  expect(await value(metrics, 'watch_delivery_latency_seconds_bucket{le="0.025"}')).toBe(1);
  expect(await value(metrics, "watch_collapsed_events_total")).toBe(5);
  expect(await value(metrics, 'watch_resumes_total{result="exact"}')).toBe(1);
  expect(await value(metrics, 'watch_resumes_total{result="gap"}')).toBe(1);
  expect(await value(metrics, "watch_gaps_total")).toBe(1);
  expect(await value(metrics, 'watch_proofs_total{outcome="granted"}')).toBe(1);
});

test("creations are counted by what became of them", async () => {
  const metrics = createMetrics();
  const { creation } = metrics;
  creation.created();
  creation.replayed();
  creation.conflict("other-input");
  creation.unknownOutcome();
  creation.reconciled("found");
  creation.storeAway();
  creation.unreadable();
  expect(await value(metrics, "creation_created_total")).toBe(1);
  expect(await value(metrics, "creation_replayed_total")).toBe(1);
  expect(await value(metrics, 'creation_conflicts_total{reason="other-input"}')).toBe(1);
  expect(await value(metrics, "creation_unknown_outcomes_total")).toBe(1);
  expect(await value(metrics, 'creation_reconciliations_total{finding="found"}')).toBe(1);
  expect(await value(metrics, "creation_store_away_total")).toBe(1);
  expect(await value(metrics, "creation_unreadable_total")).toBe(1);
});

test("what has never happened and has no labels is 0, not absent", async () => {
  const metrics = createMetrics();
  expect(await value(metrics, "watch_gaps_total")).toBe(0);
  expect(await value(metrics, "creation_unknown_outcomes_total")).toBe(0);
});

test("asking twice counts nothing twice", async () => {
  const metrics = createMetrics();
  metrics.creation.created();
  await metrics.text();
  expect(await value(metrics, "creation_created_total")).toBe(1);
});

test("two instances share nothing", async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.creation.created();
  expect(await value(other, "creation_created_total")).toBe(0);
});

test("the process tells of its CPU, memory, event-loop delay, handles and garbage collection", async () => {
  const text = await createMetrics().text();
  for (const name of [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "nodejs_heap_size_used_bytes",
    "nodejs_eventloop_lag_p99_seconds",
    "nodejs_active_handles_total",
    "nodejs_gc_duration_seconds",
  ]) {
    expect(text).toContain(`# TYPE ${name}`);
  }
});

test("every metric of the gateway's own has the prefix and says what it means", async () => {
  const metrics = createMetrics();
  const names = [...(await metrics.text()).matchAll(/^# HELP (\S+) (.*)$/gm)];
  const own = names.filter(([, name]) => !/^(process|nodejs)_/.test(name ?? ""));
  expect(own.length).toBeGreaterThan(25);
  for (const [, name, help] of own) {
    expect(name).toMatch(/^modelarts_gateway_[a-z_]+$/);
    expect(help).toMatch(/^[A-Z0-9].{10,}\.$/);
  }
});

test("the content type is that of the Prometheus text format", () => {
  expect(createMetrics().contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});
