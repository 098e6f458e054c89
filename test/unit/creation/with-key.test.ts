import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { createRig, failureOf, KEY } from "./rig.js";
import { callerNamed, id, sampleVersion } from "./samples.js";

const DAY_MS = 24 * 60 * 60 * 1_000;

describe("a repeat with the same key and input", () => {
  it("gets the first result, and nothing is sent", async () => {
    const { create, upstream, diary } = createRig();
    const first = await create(KEY);
    expect(await create(KEY)).toEqual(first);
    expect(upstream.posts).toHaveLength(1);
    expect(diary.counted).toEqual(["created", "replayed"]);
  });

  it("gets it from another replica, too", async () => {
    const { create, replica, upstream } = createRig();
    const first = await create(KEY);
    expect(await create(KEY, replica())).toEqual(first);
    expect(upstream.posts).toHaveLength(1);
  });

  it("is answered before the rules that look things up", async () => {
    const { create } = createRig();
    const first = await create(KEY);
    const broken = () => Promise.reject(new GatewayError("BAD_USER_INPUT", "The spec is gone."));
    expect(await create({ ...KEY, checkRules: broken })).toEqual(first);
  });

  it("gets it for 24 hours", async () => {
    const { create, clock, upstream } = createRig();
    const first = await create(KEY);
    await clock.advance(DAY_MS - 1);
    expect(await create(KEY)).toEqual(first);
    await clock.advance(1);
    expect((await create(KEY)).versionId).not.toBe(first.versionId);
    expect(upstream.posts).toHaveLength(2);
  });

  it("invalidates the job here as well, so that its caller reads his own write", async () => {
    const { create, diary } = createRig();
    await create(KEY);
    diary.told.length = 0;
    await create(KEY);
    expect(diary.told).toEqual(["invalidate project/10"]);
  });

  it("gets the first result although the description was left out where it was blank, and the default engine where it was named", async () => {
    const { create, upstream } = createRig();
    const { engineId: _, ...config } = sampleVersion().config;
    const first = await create({ ...KEY, version: { jobId: id("10"), config } });
    const again = await create({ ...KEY, version: sampleVersion({ engineId: id("1") }, "") });
    expect(again).toEqual(first);
    expect(upstream.posts).toHaveLength(1);
  });
});

describe("a key", () => {
  it("is refused with another input: CONFLICT", async () => {
    const { create, upstream, diary } = createRig();
    await create(KEY);
    const failure = await failureOf(create({ ...KEY, version: sampleVersion({ workerServerNum: 2 }) }));
    expect(failure).toMatchObject({ code: "CONFLICT", message: expect.stringContaining("new key") });
    expect(upstream.posts).toHaveLength(1);
    expect(diary.counted).toEqual(["created", "conflict: other-input"]);
  });

  it("is refused with another job: CONFLICT", async () => {
    const { create } = createRig();
    await create(KEY);
    const failure = await failureOf(create({ ...KEY, version: { ...sampleVersion(), jobId: id("11") } }));
    expect(failure.code).toBe("CONFLICT");
  });

  it("is refused with another input while the first is under way", async () => {
    const { create, upstream } = createRig();
    upstream.fates.push("hang-before");
    void create(KEY);
    await until("the first was sent", () => upstream.posts.length === 1);
    const failure = await failureOf(create({ ...KEY, version: sampleVersion({ workerServerNum: 2 }) }));
    expect(failure.code).toBe("CONFLICT");
  });

  it("means something else in another project", async () => {
    const { create, upstream } = createRig();
    await create(KEY);
    await create({ ...KEY, caller: callerNamed("bob", "another-project") });
    expect(upstream.posts).toHaveLength(2);
  });

  it("is free again after broken rules", async () => {
    const { create, upstream } = createRig();
    const broken = new GatewayError("BAD_USER_INPUT", "No such spec.");
    expect(await failureOf(create({ ...KEY, checkRules: () => Promise.reject(broken) }))).toBe(broken);
    await create({ ...KEY, version: sampleVersion({ workerServerNum: 2 }) });
    expect(upstream.posts).toHaveLength(1);
  });

  it.each([
    new GatewayError("UPSTREAM_REJECTED", "Invalid argument."),
    new GatewayError("FORBIDDEN", "Not authorised."),
    new GatewayError("RATE_LIMITED", "Too many calls.", { retryAfterMs: 1_000 }),
    new GatewayError("UPSTREAM_UNAVAILABLE", "Connection refused.", { outcome: "not-sent" }),
  ])("is free again after a definite refusal: $code", async (refusal) => {
    const { create, upstream } = createRig();
    upstream.fates.push(refusal);
    expect(await failureOf(create(KEY))).toBe(refusal);
    const created = await create({ ...KEY, version: sampleVersion({ workerServerNum: 2 }) });
    expect(created.versionId).toBe("100");
    expect(upstream.lists).toEqual([]);
  });
});

describe("concurrent requests with one key", () => {
  it("send one POST, and all get its result", async () => {
    const { create, replica, upstream } = createRig();
    const replicas = [replica(), replica(), replica()];
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => create(KEY, replicas[i % 3])));
    expect(new Set(all.map(({ versionId }) => versionId))).toEqual(new Set(["100"]));
    expect(upstream.posts).toHaveLength(1);
  });

  it("try themselves after a definite refusal of the first", async () => {
    const { create, upstream } = createRig();
    upstream.fates.push(new GatewayError("UPSTREAM_REJECTED", "Invalid argument."));
    const outcomes = await Promise.allSettled([create(KEY), create(KEY), create(KEY)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(upstream.posts).toHaveLength(2);
  });

  it("try themselves when the first broke the rules", async () => {
    const { create, upstream } = createRig();
    const broken = new GatewayError("BAD_USER_INPUT", "No such spec.");
    const outcomes = await Promise.allSettled([
      create({ ...KEY, checkRules: () => Promise.reject(broken) }),
      create(KEY),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(upstream.posts).toHaveLength(1);
  });

  it("wait as long as the POST takes and as a claim outlives its replica, and are then told to come again", async () => {
    const { create, upstream, clock } = createRig();
    upstream.fates.push("hang-before");
    void create(KEY);
    await until("the first was sent", () => upstream.posts.length === 1);
    const waiter = failureOf(create(KEY));
    await clock.advance(45_000);
    const failure = await waiter;
    expect(failure).toMatchObject({
      code: "UPSTREAM_TIMEOUT",
      message: expect.stringContaining("same idempotencyKey"),
      details: { outcome: "unknown", retryAfterMs: 1_000 },
    });
    expect(upstream.posts).toHaveLength(1);
  });
});

describe("a stored result", () => {
  const repeatBy = (name: string) => ({ ...KEY, caller: callerNamed(name) });

  it("goes to another credential only after the upstream has answered it with success for that job", async () => {
    const { create, upstream } = createRig();
    const first = await create(KEY);
    expect(await create(repeatBy("bob"))).toEqual(first);
    expect(upstream.lists.map(({ caller }) => caller.credentialId)).toEqual(["bob"]);
  });

  it("needs no call while the credential's proof holds", async () => {
    const { create, upstream } = createRig();
    await create(KEY);
    await create(KEY);
    expect(upstream.lists).toEqual([]);
  });

  it("asks once for many repeats of one credential at once", async () => {
    const { create, upstream } = createRig();
    await create(KEY);
    await Promise.all(Array.from({ length: 10 }, () => create(repeatBy("bob"))));
    expect(upstream.lists).toHaveLength(1);
  });

  it("asks again once the proof is too old", async () => {
    const { create, upstream, proofs } = createRig();
    await create(KEY);
    proofs.forgetAll();
    await create(KEY);
    expect(upstream.lists).toHaveLength(1);
  });

  it.each(["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"] as const)(
    "does not go to a credential that the upstream refuses: %s is passed on",
    async (code) => {
      const { create, upstream } = createRig();
      await create(KEY);
      const refusal = new GatewayError(code, "No.");
      upstream.refused.set("mallory", refusal);
      expect(await failureOf(create(repeatBy("mallory")))).toBe(refusal);
    },
  );

  it("is kept from everybody while a proof cannot be renewed: the failure says that the version may exist", async () => {
    const { create, upstream } = createRig();
    await create(KEY);
    upstream.refused.set("bob", new GatewayError("UPSTREAM_TIMEOUT", "ModelArts did not answer in time."));
    expect(await failureOf(create(repeatBy("bob")))).toMatchObject({
      code: "UPSTREAM_TIMEOUT",
      details: { outcome: "unknown" },
    });
  });
});

describe("draining", () => {
  it("waits until every creation has its answer", async () => {
    const { create, creation, upstream } = createRig();
    let answer: (value: unknown) => void = () => {};
    upstream.fates.push(new Promise((resolve) => (answer = resolve)));
    const created = create(KEY);
    await until("it was sent", () => upstream.posts.length === 1);
    let drained = false;
    const draining = creation.drain().then(() => (drained = true));
    await nextTurn();
    expect(drained).toBe(false);
    answer(undefined);
    await draining;
    expect(await created).toMatchObject({ versionId: "100" });
  });

  it("is done at once when nothing is under way, also after a failure", async () => {
    const { create, creation, upstream } = createRig();
    upstream.fates.push(new GatewayError("UPSTREAM_REJECTED", "No."));
    await failureOf(create());
    await creation.drain();
  });
});
