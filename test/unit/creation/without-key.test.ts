import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { createRig, failureOf } from "./rig.js";
import { callerNamed, sampleVersion } from "./samples.js";

describe("a creation without an idempotency key", () => {
  it("sends one POST as a mutation, with the caller's credential and request id, and answers with its result", async () => {
    const { create, upstream } = createRig();
    const created = await create();
    expect(created).toMatchObject({ jobId: "10", versionId: "100", status: "INIT" });
    expect(upstream.posts).toEqual([
      {
        call: { caller: callerNamed("ann"), requestId: "request-1", priority: "mutation" },
        version: sampleVersion(),
      },
    ]);
  });

  it("creates another version each time", async () => {
    const { create, upstream } = createRig();
    const [first, second] = [await create(), await create()];
    expect(first.versionId).not.toBe(second.versionId);
    expect(upstream.posts).toHaveLength(2);
  });

  it("invalidates the job and then records the version before it answers", async () => {
    const { create, diary } = createRig();
    await create();
    expect(diary.told).toEqual(["invalidate project/10", "record 100"]);
    expect(diary.counted).toEqual(["created"]);
  });

  it("sends nothing while a rule is broken", async () => {
    const { create, upstream, diary } = createRig();
    const broken = new GatewayError("BAD_USER_INPUT", "No such spec.");
    const failure = await failureOf(create({ checkRules: () => Promise.reject(broken) }));
    expect(failure).toBe(broken);
    expect(upstream.posts).toEqual([]);
    expect(diary.told).toEqual([]);
  });

  it("invalidates the job after an unknown outcome, and passes the failure on", async () => {
    const { create, upstream, diary } = createRig();
    upstream.fates.push("cut-after");
    const failure = await failureOf(create());
    expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", details: { outcome: "unknown" } });
    expect(diary.told).toEqual(["invalidate project/10"]);
    expect(diary.counted).toEqual(["unknown outcome"]);
  });

  it("leaves the caches alone after a definite refusal, and passes it on as it is", async () => {
    const { create, upstream, diary } = createRig();
    const refusal = new GatewayError("QUOTA_EXCEEDED", "Too many jobs.");
    upstream.fates.push(refusal);
    expect(await failureOf(create())).toBe(refusal);
    expect(diary.told).toEqual([]);
    expect(diary.counted).toEqual([]);
  });

  it("counts a defect on the way as an unknown outcome", async () => {
    const { create, upstream, diary } = createRig();
    upstream.fates.push(Promise.reject(new TypeError("a defect")));
    await failureOf(create());
    expect(diary.counted).toEqual(["unknown outcome"]);
  });

  const away = new Error("Redis is away");
  const throwAtOnce = () => {
    throw away;
  };
  it.each([
    ["the invalidation fails", { lookups: { invalidateJob: () => Promise.reject(away) } }],
    ["the invalidation fails at once", { lookups: { invalidateJob: throwAtOnce } }],
    ["the job's history does not take it", { watch: { recordCreation: () => Promise.reject(away) } }],
    ["the job's history refuses it at once", { watch: { recordCreation: throwAtOnce } }],
  ])("has succeeded even if %s", async (_what, broken) => {
    const { create, replica } = createRig();
    expect(await create({}, replica(broken))).toMatchObject({ versionId: "100" });
  });

  it("gives the POST no signal by which its caller could cancel it", async () => {
    const { create, upstream } = createRig();
    await create();
    expect(upstream.posts[0]?.call).not.toHaveProperty("signal");
  });

  it("proves the caller's access to the job", async () => {
    const { create, proofs } = createRig();
    await create();
    expect(await proofs.holds(callerNamed("ann"))).toBe(true);
  });
});
