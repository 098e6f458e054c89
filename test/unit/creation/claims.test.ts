import { describe, expect, it } from "vitest";
import type { VersionCreation } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { until } from "../../support/until.js";
import { createRig, failureOf, gate, KEY, LEASE_MS, type Rig, UPSTREAM_TIMEOUT_MS } from "./rig.js";
import { sampleVersion } from "./samples.js";

const OTHER_INPUT = { ...KEY, version: sampleVersion({ workerServerNum: 2 }) };

/** A replica whose time stands still once it has begun: it renews nothing, as if it were dead. */
function dyingReplica({ replica }: Rig): VersionCreation {
  return replica({ clock: new FakeClock() });
}

/** Lets a replica die in its rules, before its POST. */
async function dieInTheRules(rig: Rig): Promise<void> {
  let reached = false;
  const hang = () => {
    reached = true;
    return new Promise<void>(() => {});
  };
  void rig.create({ ...KEY, checkRules: hang }, dyingReplica(rig));
  await until("it checks the rules", () => reached);
}

/** Lets a replica die in its POST. */
async function dieInThePost(rig: Rig, fate: "hang-after" | "hang-before"): Promise<void> {
  rig.upstream.fates.push(fate);
  void rig.create(KEY, dyingReplica(rig));
  await until("it has sent", () => rig.upstream.posts.length === 1);
}

describe("the claim of a replica that lives", () => {
  it("is renewed as long as its rules and its POST take: nobody takes it over", async () => {
    const rig = createRig();
    let goOn: () => void = () => {};
    const rules = () => new Promise<void>((resolve) => (goOn = resolve));
    const created = rig.create({ ...KEY, checkRules: rules });
    await rig.clock.advance(0);
    await rig.clock.advance(LEASE_MS + 1_000);
    expect((await failureOf(rig.create(OTHER_INPUT))).code).toBe("CONFLICT");
    let answer: (value: unknown) => void = () => {};
    rig.upstream.fates.push(new Promise((resolve) => (answer = resolve)));
    goOn();
    await until("it has sent", () => rig.upstream.posts.length === 1);
    await rig.clock.advance(LEASE_MS + 1_000);
    const repeat = rig.create(KEY);
    answer(undefined);
    expect(await repeat).toEqual(await created);
    expect(rig.upstream.lists).toEqual([]);
  });

  it("leaves nothing running once it has ended", async () => {
    const rig = createRig();
    await rig.create(KEY);
    expect(rig.clock.sleeping).toBe(0);
  });
});

describe("the claim of a replica that died before its POST", () => {
  it("holds for 20 s more", async () => {
    const rig = createRig();
    await dieInTheRules(rig);
    await rig.clock.advance(LEASE_MS - 1);
    expect((await failureOf(rig.create(OTHER_INPUT))).code).toBe("CONFLICT");
  });

  it("is then taken over at once by whoever waits, without a list", async () => {
    const rig = createRig();
    await dieInTheRules(rig);
    const waiter = rig.create(KEY);
    await rig.clock.advance(0);
    await rig.clock.advance(LEASE_MS);
    expect(await waiter).toMatchObject({ versionId: "100" });
    expect(rig.upstream.lists).toEqual([]);
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("binds nobody to its input", async () => {
    const rig = createRig();
    await dieInTheRules(rig);
    await rig.clock.advance(LEASE_MS);
    expect(await rig.create(OTHER_INPUT)).toMatchObject({ versionId: "100" });
  });
});

describe("the claim of a replica that died in its POST", () => {
  it("is reconciled when it has ended: the version that was created is taken", async () => {
    const rig = createRig();
    await dieInThePost(rig, "hang-after");
    const waiter = rig.create(KEY);
    await rig.clock.advance(0);
    await rig.clock.advance(LEASE_MS);
    expect(await waiter).toMatchObject({ versionId: "100" });
    expect(rig.upstream.lists).toHaveLength(1);
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("is followed by a new creation when none was created and none can follow", async () => {
    const rig = createRig();
    await dieInThePost(rig, "hang-before");
    await rig.clock.advance(Math.max(LEASE_MS, 2 * UPSTREAM_TIMEOUT_MS));
    expect(await rig.create(KEY)).toMatchObject({ versionId: "100" });
    expect(rig.upstream.posts).toHaveLength(2);
  });

  it("binds the key to its input even so", async () => {
    const rig = createRig();
    await dieInThePost(rig, "hang-before");
    await rig.clock.advance(LEASE_MS);
    expect((await failureOf(rig.create(OTHER_INPUT))).code).toBe("CONFLICT");
  });

  it("is reconciled by the next one when the one that reconciles dies, too", async () => {
    const rig = createRig();
    await dieInThePost(rig, "hang-after");
    await rig.clock.advance(LEASE_MS);
    rig.upstream.listGate = new Promise(() => {});
    void rig.create(KEY, dyingReplica(rig));
    await until("it asks for the list", () => rig.upstream.lists.length === 1);
    rig.upstream.listGate = Promise.resolve();
    await rig.clock.advance(LEASE_MS);
    expect(await rig.create(KEY)).toMatchObject({ versionId: "100" });
    expect(rig.upstream.posts).toHaveLength(1);
  });
});

describe("a replica that has lost its claim while it stood still", () => {
  it("sends nothing, and gives the result of the one that took over", async () => {
    const rig = createRig();
    let goOn: () => void = () => {};
    const rules = () => new Promise<void>((resolve) => (goOn = resolve));
    const stalled = rig.create({ ...KEY, checkRules: rules }, dyingReplica(rig));
    await rig.clock.advance(LEASE_MS);
    const created = await rig.create(KEY);
    goOn();
    expect(await stalled).toEqual(created);
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("sends nothing either while the one that took over is still checking the rules", async () => {
    const rig = createRig();
    const [mine, theirs] = [gate(), gate()];
    const stalled = rig.create({ ...KEY, checkRules: () => mine.opened }, dyingReplica(rig));
    await rig.clock.advance(LEASE_MS);
    const taken = rig.create({ ...KEY, checkRules: () => theirs.opened });
    await rig.clock.advance(0);
    mine.open();
    await rig.clock.advance(0);
    expect(rig.upstream.posts).toEqual([]);
    theirs.open();
    expect(await stalled).toEqual(await taken);
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("has its late answer taken all the same while nobody else has one", async () => {
    const rig = createRig();
    let answer: (value: unknown) => void = () => {};
    rig.upstream.fates.push(new Promise((resolve) => (answer = resolve)));
    const late = rig.create(KEY, dyingReplica(rig));
    await until("it has sent", () => rig.upstream.posts.length === 1);
    await rig.clock.advance(LEASE_MS - 1);
    rig.upstream.complete = false;
    await rig.clock.advance(1);
    expect((await failureOf(rig.create(KEY))).details.outcome).toBe("unknown");
    answer(undefined);
    const created = await late;
    expect(await rig.create(KEY)).toEqual(created);
    expect(rig.upstream.lists).toHaveLength(1);
  });
});
