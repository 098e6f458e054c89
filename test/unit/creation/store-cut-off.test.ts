import { describe, expect, it } from "vitest";
import { FakeClock } from "../../support/fake-clock.js";
import { CutOffStore } from "./cut-off-store.js";
import { createRig, failureOf, gate, KEY, LEASE_MS, UPSTREAM_TIMEOUT_MS } from "./rig.js";
import { sampleVersion } from "./samples.js";
import { cut } from "./test-upstream.js";

const OTHER_INPUT = { ...KEY, version: sampleVersion({ workerServerNum: 2 }) };
const AWAY = { code: "UPSTREAM_UNAVAILABLE", details: { dependency: "redis", outcome: "not-sent" } };

describe("a claim that cannot be renewed", () => {
  it("calls its POST off before others can take the claim over, if it still queues", async () => {
    const storeClock = new FakeClock();
    const store = new CutOffStore(storeClock);
    const rig = createRig({ store });
    const failed = failureOf(
      rig.create(
        KEY,
        rig.replica({
          upstream: {
            ...rig.upstream,
            createVersion: ({ signal }) =>
              new Promise((_, reject) => {
                signal?.addEventListener("abort", () => reject(signal.reason));
              }),
          },
        }),
      ),
    );
    await rig.clock.advance(0);
    store.away = true;
    await rig.clock.advance(LEASE_MS - 1);
    expect(await failed).toMatchObject(AWAY);
    expect(rig.upstream.posts).toEqual([]);
  });

  it("keeps being renewed after that, so that a POST which has left is not reconciled when the store is back", async () => {
    const storeClock = new FakeClock();
    const store = new CutOffStore(storeClock);
    const rig = createRig({ store });
    const { opened, open } = gate();
    rig.upstream.fates.push(opened);
    const created = rig.create(KEY);
    await rig.clock.advance(0);
    store.away = true;
    await rig.clock.advance(LEASE_MS + 1_000);
    await storeClock.advance(2 * LEASE_MS);
    store.away = false;
    await rig.clock.advance(LEASE_MS);
    const waiter = rig.create(KEY);
    open();
    expect(await waiter).toEqual(await created);
    expect(rig.upstream.lists).toEqual([]);
  });
});

describe("a step whose answer is lost", () => {
  it("leaves no claim behind that nobody renews: nothing was sent, and the key is free", async () => {
    const store = new CutOffStore(new FakeClock());
    const rig = createRig({ store });
    store.loseAnswers = 1;
    expect(await failureOf(rig.create(KEY))).toMatchObject(AWAY);
    await rig.clock.advance(0);
    expect(await rig.create(OTHER_INPUT)).toMatchObject({ versionId: "100" });
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("leaves no record of a POST behind that was never sent", async () => {
    const store = new CutOffStore(new FakeClock());
    const rig = createRig({ store });
    const loseNext = async () => {
      store.loseAnswers = 1;
    };
    expect(await failureOf(rig.create({ ...KEY, checkRules: loseNext }))).toMatchObject(AWAY);
    expect(rig.upstream.posts).toEqual([]);
    expect(await rig.create(OTHER_INPUT)).toMatchObject({ versionId: "100" });
  });
});

describe("an unknown outcome that the store does not take", () => {
  it("is recorded at last, and never taken for a refusal meanwhile, also after a reconciliation", async () => {
    const clock = new FakeClock();
    const store = new CutOffStore(clock);
    const rig = createRig({ store });
    rig.upstream.fates.push("cut-before");
    await failureOf(rig.create(KEY));
    await clock.advance(2 * UPSTREAM_TIMEOUT_MS);
    const { opened, open } = gate();
    rig.upstream.fates.push(opened.then(() => Promise.reject(cut())));
    const second = failureOf(rig.create(KEY));
    await rig.clock.advance(0);
    expect(rig.upstream.posts).toHaveLength(2);
    store.failNext = 1;
    open();
    expect((await second).details.outcome).toBe("unknown");
    expect((await failureOf(rig.create(OTHER_INPUT))).code).toBe("CONFLICT");
    await rig.clock.advance(10_000);
    await rig.creation.drain();
    expect((await failureOf(rig.create(KEY))).details.outcome).toBe("unknown");
    expect(rig.upstream.posts).toHaveLength(2);
  });
});

describe("a result that the store does not take", () => {
  async function createdWhileAway() {
    const store = new CutOffStore(new FakeClock());
    const rig = createRig({ store });
    const { opened, open } = gate();
    rig.upstream.fates.push(opened);
    const creation = rig.create(KEY);
    await rig.clock.advance(0);
    store.away = true;
    open();
    return { rig, store, created: await creation };
  }

  it("is offered again until it does: draining waits for that", async () => {
    const { rig, store, created } = await createdWhileAway();
    let drained = false;
    void rig.creation.drain().then(() => {
      drained = true;
    });
    await rig.clock.advance(30_000);
    expect(drained).toBe(false);
    store.away = false;
    await rig.clock.advance(5_000);
    expect(drained).toBe(true);
    expect(await rig.create(KEY)).toEqual(created);
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("is given up after ten minutes, and nothing goes on running", async () => {
    const { rig } = await createdWhileAway();
    await rig.clock.advance(10 * 60_000 + 5_000);
    await rig.creation.drain();
    expect(rig.clock.sleeping).toBe(0);
  });
});
