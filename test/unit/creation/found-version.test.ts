import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { createRig, failureOf, KEY, rigAfter, UPSTREAM_TIMEOUT_MS } from "./rig.js";
import { callerNamed, id, sampleVersion } from "./samples.js";

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

  it("is found although the upstream's clock was set back meanwhile", async () => {
    const { create, upstream } = createRig();
    upstream.aheadMs = 3_600_000;
    upstream.fates.push("cut-after");
    const setBack = async () => {
      upstream.aheadMs = 0;
    };
    await failureOf(create({ ...KEY, checkRules: setBack }));
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
  });

  it("is dated by what the rules learnt of the upstream's clock, when that was not known before", async () => {
    const { create, upstream, clock } = createRig();
    upstream.dateSeen = false;
    upstream.fates.push("cut-after");
    const lookUp = async () => {
      await clock.advance(3_000);
      upstream.dateSeen = true;
    };
    await failureOf(create({ ...KEY, checkRules: lookUp }));
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

  it("is told from another key's result beside it", async () => {
    const { create, upstream } = await rigAfter("cut-after");
    await create({ idempotencyKey: "another-intent" });
    expect(upstream.versions).toHaveLength(2);
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
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
