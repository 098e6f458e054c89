import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { createRig, failureOf, type Rig, UPSTREAM_TIMEOUT_MS } from "./rig.js";
import { callerNamed, id, sampleVersion } from "./samples.js";
import type { PostFate } from "./test-upstream.js";

const KEY = { idempotencyKey: "one-intent" };

/** A rig in which a first creation with the key has ended that way. */
async function rigAfter(fate: PostFate): Promise<Rig> {
  const rig = createRig();
  rig.upstream.fates.push(fate);
  await failureOf(rig.create(KEY));
  rig.diary.told.length = 0;
  rig.diary.counted.length = 0;
  return rig;
}

describe("a POST of unknown outcome", () => {
  it("is reported with its code and outcome, and with what to do", async () => {
    const { create, upstream, diary } = createRig();
    upstream.fates.push("cut-after");
    expect(await failureOf(create(KEY))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("Repeat the same input with the same idempotencyKey"),
      details: { outcome: "unknown" },
    });
    expect(diary.told).toEqual(["invalidate project/10"]);
    expect(diary.counted).toEqual(["unknown outcome"]);
  });

  it.each(["UPSTREAM_TIMEOUT", "UPSTREAM_UNAVAILABLE", "UPSTREAM_INVALID_RESPONSE"] as const)(
    "binds the key to its input: %s",
    async (code) => {
      const { create } = await rigAfter(new GatewayError(code, "No answer.", { outcome: "unknown" }));
      const other = create({ ...KEY, version: sampleVersion({ workerServerNum: 2 }) });
      expect((await failureOf(other)).code).toBe("CONFLICT");
    },
  );
});

describe("a repeat after an unknown outcome", () => {
  it("lists the job's versions anew with the repeater's credential, and takes the one that was created", async () => {
    const { create, upstream, diary } = await rigAfter("cut-after");
    const created = await create({ ...KEY, caller: callerNamed("bob"), requestId: "request-2" });
    expect(created).toMatchObject({ jobId: "10", versionId: "100", jobName: "job", status: "INIT" });
    expect(upstream.lists).toEqual([
      { caller: callerNamed("bob"), requestId: "request-2", priority: "mutation" },
    ]);
    expect(upstream.posts).toHaveLength(1);
    expect(diary.counted).toEqual(["reconciled: found"]);
  });

  it("makes the version visible to readers and subscribers", async () => {
    const { create, diary } = await rigAfter("cut-after");
    await create(KEY);
    expect(diary.told).toEqual(["invalidate project/10", "record 100"]);
  });

  it("stores what it found: the next one needs no list", async () => {
    const { create, upstream } = await rigAfter("cut-after");
    const found = await create(KEY);
    expect(await create(KEY)).toEqual(found);
    expect(upstream.lists).toHaveLength(1);
  });

  it("is told when to come again while a version may still turn up", async () => {
    const { create, upstream, clock, diary } = await rigAfter("cut-before");
    await clock.advance(5_000);
    expect(await failureOf(create(KEY))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "unknown", retryAfterMs: 15_000 },
    });
    expect(upstream.posts).toHaveLength(1);
    expect(diary.counted).toEqual(["reconciled: none-yet"]);
  });

  it("lists again each time", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    await failureOf(create(KEY));
    await failureOf(create(KEY));
    expect(upstream.lists).toHaveLength(2);
  });

  it("finds the version that turned up late", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    await failureOf(create(KEY));
    upstream.add(sampleVersion());
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
    expect(upstream.posts).toHaveLength(1);
  });

  it("creates when there is none 2 x UPSTREAM_TIMEOUT_MS after the POST, having checked the rules", async () => {
    const { create, upstream, clock, diary } = await rigAfter("cut-before");
    await clock.advance(2 * UPSTREAM_TIMEOUT_MS - 1);
    expect((await failureOf(create(KEY))).details.retryAfterMs).toBe(1);
    await clock.advance(1);
    const checks: string[] = [];
    const created = await create({ ...KEY, checkRules: async () => void checks.push("checked") });
    expect(created.versionId).toBe("100");
    expect(checks).toEqual(["checked"]);
    expect(upstream.posts).toHaveLength(2);
    expect(diary.counted).toEqual(["reconciled: none-yet", "reconciled: absent", "created"]);
  });

  it("counts the time from when a POST that had to queue can have left", async () => {
    const { create, upstream, clock } = createRig();
    upstream.fates.push(
      clock.sleep(30_000).then(() => {
        throw new GatewayError("UPSTREAM_TIMEOUT", "No answer.", { outcome: "unknown" });
      }),
    );
    const first = failureOf(create(KEY));
    await until("it was sent", () => upstream.posts.length === 1);
    await clock.advance(30_000);
    await first;
    expect((await failureOf(create(KEY))).details.retryAfterMs).toBe(UPSTREAM_TIMEOUT_MS);
  });

  it("can be reconciled again when the second POST has an unknown outcome as well", async () => {
    const { create, upstream, clock } = await rigAfter("cut-before");
    await clock.advance(2 * UPSTREAM_TIMEOUT_MS);
    upstream.fates.push("cut-after");
    expect((await failureOf(create(KEY))).details.outcome).toBe("unknown");
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
    expect(upstream.posts).toHaveLength(2);
  });

  it("frees the key when the second POST is refused for certain", async () => {
    const { create, upstream, clock } = await rigAfter("cut-before");
    await clock.advance(2 * UPSTREAM_TIMEOUT_MS);
    upstream.fates.push(new GatewayError("QUOTA_EXCEEDED", "Too many jobs."));
    expect((await failureOf(create(KEY))).code).toBe("QUOTA_EXCEEDED");
    await create({ ...KEY, version: sampleVersion({ workerServerNum: 2 }) });
    expect(upstream.posts).toHaveLength(3);
  });

  it("does not create while the upstream lists fewer versions than it counts: absence is not proven", async () => {
    const { create, upstream, clock } = await rigAfter("cut-before");
    upstream.complete = false;
    await clock.advance(2 * UPSTREAM_TIMEOUT_MS);
    expect(await failureOf(create(KEY))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "unknown", retryAfterMs: 1_000 },
    });
    expect(upstream.posts).toHaveLength(1);
  });

  it.each(["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"] as const)(
    "passes on that the upstream refuses the list: %s; another may still reconcile",
    async (code) => {
      const { create, upstream } = await rigAfter("cut-after");
      const refusal = new GatewayError(code, "No.");
      upstream.refused.set("mallory", refusal);
      expect(await failureOf(create({ ...KEY, caller: callerNamed("mallory") }))).toBe(refusal);
      expect(await create(KEY)).toMatchObject({ versionId: "100" });
      expect(upstream.posts).toHaveLength(1);
    },
  );

  it("says that the version may exist when the list gets no answer", async () => {
    const { create, upstream } = await rigAfter("cut-after");
    upstream.refused.set("ann", new GatewayError("UPSTREAM_TIMEOUT", "No answer in time."));
    expect(await failureOf(create(KEY))).toMatchObject({
      code: "UPSTREAM_TIMEOUT",
      message: expect.stringContaining("same idempotencyKey"),
      details: { outcome: "unknown" },
    });
  });
});

describe("the version that is taken", () => {
  it("was created after the claim, 5 s tolerance allowed", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    upstream.add(sampleVersion(), { createTime: upstream.now() - 5_001 });
    expect((await failureOf(create(KEY))).details.outcome).toBe("unknown");
    const inTime = upstream.add(sampleVersion(), { createTime: upstream.now() - 5_000 });
    expect(await create(KEY)).toMatchObject({ versionId: inTime.versionId });
  });

  it("is dated by the upstream's clock, however far that is from the gateway's", async () => {
    const { create, upstream } = createRig();
    upstream.aheadMs = -3_600_000;
    upstream.fates.push("cut-before");
    await failureOf(create(KEY));
    upstream.add(sampleVersion(), { createTime: upstream.now() - 6_000 });
    expect((await failureOf(create(KEY))).code).toBe("UPSTREAM_UNAVAILABLE");
    const inTime = upstream.add(sampleVersion());
    expect(await create(KEY)).toMatchObject({ versionId: inTime.versionId });
  });

  it("is dated right although the upstream had not been heard of before the claim", async () => {
    const { create, upstream, clock } = createRig();
    upstream.aheadMs = -3_600_000;
    upstream.dateSeen = false;
    upstream.fates.push("cut-after");
    await failureOf(create(KEY));
    upstream.add(sampleVersion(), { createTime: upstream.now() - 7_000 });
    await clock.advance(60_000);
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
    expect(upstream.posts).toHaveLength(1);
  });

  it("is found although the upstream's clock was set forward meanwhile", async () => {
    const { create, upstream } = await rigAfter("cut-after");
    upstream.aheadMs = 3_600_000;
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
  });

  it("has the same config", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    upstream.add(sampleVersion({ workerServerNum: 2 }));
    expect((await failureOf(create(KEY))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("has the same preVersionId", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    upstream.add(sampleVersion({ preVersionId: id("21") }));
    expect((await failureOf(create(KEY))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("is no other key's result", async () => {
    const { create } = await rigAfter("cut-before");
    const others = await create({ idempotencyKey: "another-intent" });
    expect(others.versionId).toBe("100");
    expect((await failureOf(create(KEY))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("was not created by this gateway without a key", async () => {
    const { create } = await rigAfter("cut-before");
    await create();
    expect((await failureOf(create(KEY))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("goes to one key alone when two keys' POSTs had an unknown outcome and one version exists", async () => {
    const { create, upstream } = await rigAfter("cut-after");
    upstream.fates.push("cut-before");
    await failureOf(create({ idempotencyKey: "another-intent" }));
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
    expect((await failureOf(create({ idempotencyKey: "another-intent" }))).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("is not taken while another key's POST of the same config is under way: it may be that one's", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    upstream.fates.push("hang-after");
    void create({ idempotencyKey: "another-intent" });
    await until("it is created", () => upstream.versions.length === 1);
    expect(await failureOf(create(KEY))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "unknown", retryAfterMs: 1_000 },
    });
  });

  it("is named, with the others, when several may be it: CONFLICT, and nothing is sent", async () => {
    const { create, upstream, diary } = await rigAfter("cut-after");
    upstream.add(sampleVersion());
    const failure = await failureOf(create(KEY));
    expect(failure.code).toBe("CONFLICT");
    expect(failure.details.candidates?.toSorted()).toEqual(["100", "101"]);
    expect(upstream.posts).toHaveLength(1);
    expect(diary.counted).toEqual(["conflict: several-candidates"]);
  });

  it("is named, not taken, when the upstream does not show when it was created", async () => {
    const { create, upstream } = await rigAfter("cut-before");
    upstream.add(sampleVersion(), { createTime: null });
    expect(await failureOf(create(KEY))).toMatchObject({
      code: "CONFLICT",
      details: { candidates: ["100"] },
    });
  });
});

describe("those who wait for a POST whose outcome turns out unknown", () => {
  it("get the version that one of them finds, with one list", async () => {
    const { create, replica, upstream } = createRig();
    upstream.fates.push("cut-after");
    const others = [replica(), replica()];
    const outcomes = await Promise.allSettled([
      create(KEY),
      ...Array.from({ length: 20 }, (_, i) => create(KEY, others[i % 2])),
    ]);
    const [first, ...rest] = outcomes;
    expect(first?.status).toBe("rejected");
    expect(rest).toEqual(
      rest.map(() => ({ status: "fulfilled", value: expect.objectContaining({ versionId: "100" }) })),
    );
    expect(upstream.lists).toHaveLength(1);
    expect(upstream.posts).toHaveLength(1);
  });

  it("share that none is listed yet, with one list", async () => {
    const { create, upstream } = createRig();
    upstream.fates.push("cut-before");
    const failures = await Promise.all(Array.from({ length: 20 }, () => failureOf(create(KEY))));
    expect(failures.map(({ details }) => details.outcome)).toEqual(failures.map(() => "unknown"));
    expect(failures.slice(1).map(({ details }) => details.retryAfterMs)).toEqual(
      failures.slice(1).map(() => 2 * UPSTREAM_TIMEOUT_MS),
    );
    expect(upstream.lists).toHaveLength(1);
  });

  it("are told of several candidates only with access to the job", async () => {
    const { create, upstream } = await rigAfter("cut-after");
    upstream.add(sampleVersion());
    let answer: () => void = () => {};
    upstream.listGate = new Promise<void>((resolve) => (answer = resolve));
    const first = failureOf(create(KEY));
    await until("the list is asked for", () => upstream.lists.length === 1);
    upstream.refused.set("mallory", new GatewayError("FORBIDDEN", "No."));
    const waiters = ["ann", "mallory"].map((name) =>
      failureOf(create({ ...KEY, caller: callerNamed(name) })),
    );
    answer();
    expect((await first).code).toBe("CONFLICT");
    const [ann, mallory] = await Promise.all(waiters);
    expect(ann).toMatchObject({ code: "CONFLICT", details: { candidates: ["101", "100"] } });
    expect(mallory?.code).toBe("FORBIDDEN");
  });
});
