import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { createRig, failureOf, KEY, rigAfter, UPSTREAM_TIMEOUT_MS } from "./rig.js";
import { callerNamed, sampleVersion } from "./samples.js";

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

  it("is what a defect on the way leaves, too: told without anything of the inside", async () => {
    const { create, upstream } = createRig();
    upstream.fates.push(Promise.reject(new TypeError("x.y is not a function")));
    const failure = await failureOf(create(KEY));
    expect(failure).toMatchObject({ code: "INTERNAL_SERVER_ERROR", details: { outcome: "unknown" } });
    expect(failure.message).not.toContain("x.y");
    expect((await failureOf(create(KEY))).code).toBe("UPSTREAM_UNAVAILABLE");
    expect(upstream.posts).toHaveLength(1);
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
