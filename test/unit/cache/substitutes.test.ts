import { describe, expect, it } from "vitest";
import type { SharedStore } from "../../../src/cache/index.js";
import type { ReadRequest, StoreRead } from "../../../src/cache/store.js";
import { caller, completed, details, id, job, running, version } from "./data.js";
import { ACTIVE_MS, type Replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";
import { load, loadDetails, loadList, openTwo, summary } from "./two-replicas.js";

const bob = caller("bob");

/** A store whose reads are answered when the test says so, with what was there when they were asked. */
function lateReads() {
  const waiting: (() => void)[] = [];
  const change = ({ read }: SharedStore) => ({
    async read(this: SharedStore, request: ReadRequest): Promise<StoreRead> {
      const found = await read.call(this, request);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return found;
    },
  });
  const goOn = async () => {
    for (const go of waiting.splice(0)) go();
    await settle();
  };
  return { change, goOn, waiting };
}

describe("One version of a job whose list another replica has cached", () => {
  it("is taken from the list, which is kept here", async () => {
    const { a, b } = openTwo();
    await loadList(a, "listed");
    expect((await summary(b))?.versionId).toBe("20");
    expect((await b.operation().trainingJob(id(10)))?.jobDesc).toBe("listed");
    expect(b.upstream.calls).toEqual([]);
  });

  it("may be given again while the list holds", async () => {
    const { a, b } = openTwo();
    await loadList(a);
    const lookups = b.operation();
    await lookups.trainingJobVersion(id(10), id(20), "summary");
    const madeFrom = lookups.ingredients();
    expect(madeFrom?.hold()).toBe(true);
    await a.lookups.invalidateJob(caller().projectId, id(10));
    expect(madeFrom?.hold()).toBe(false);
  });

  it("is asked for when it has to be fresh, and nobody waits for that", async () => {
    const { a, b } = openTwo();
    await loadList(a);
    void b.operation().trainingJobVersion(id(10), id(20), "summary", { fresh: true });
    await settle();
    expect(b.upstream.calls.map(({ method }) => method)).toEqual(["getVersion"]);
    void a.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    expect(a.upstream.calls.map(({ method }) => method)).toEqual(["listVersions", "getVersion"]);
  });

  it("is null where the list is complete and does not have it", async () => {
    const { a, b } = openTwo();
    await loadList(a);
    expect(await summary(b, 99)).toBeNull();
    expect(b.upstream.calls).toEqual([]);
  });

  it("is asked for by itself where the list is not complete and does not have it", async () => {
    const { a, b } = openTwo();
    const part = { ...job([version(20)]), complete: false };
    await load(a, () => a.operation().trainingJob(id(10)), part);
    await load(b, () => summary(b, 99), details(99, completed));
    expect(b.upstream.calls.map(({ method }) => method)).toEqual(["getVersion"]);
  });

  it("is not taken from a list past its end", async () => {
    const { a, b, clock } = openTwo();
    await loadList(a);
    await clock.advance(ACTIVE_MS);
    void summary(b);
    await settle();
    expect(b.upstream.calls.map(({ method }) => method)).toEqual(["getVersion"]);
  });

  it("is taken from its details where these are newer", async () => {
    const { a, b, clock } = openTwo();
    await loadList(a);
    await clock.advance(1);
    await loadDetails(a, 20);
    expect((await summary(b))?.coverage).toBe("details");
    expect(b.upstream.calls).toEqual([]);
  });

  it("is taken from the list where that is newer than its details", async () => {
    const { a, b, clock } = openTwo();
    await loadDetails(a, 20);
    await clock.advance(1);
    await load(a, () => a.operation().trainingJob(id(10), { fresh: true }), job([version(20)]));
    expect((await summary(b))?.coverage).toBe("list");
  });

  it("is not given to a credential without a proof, also where the project shares it", async () => {
    const { a, b } = openTwo(undefined, { config: { scope: "project" } });
    await loadList(a);
    void summary(b, 20, bob);
    await settle();
    expect(b.upstream.calls.map(({ call }) => call.caller.credentialId)).toEqual([bob.credentialId]);
  });

  it("is not given to one who waits for another's answer and whose proof is revoked meanwhile", async () => {
    const { change, goOn, waiting } = lateReads();
    const { a, b } = openTwo(change, { config: { scope: "project" } });
    await loadList(a);
    b.proofs.record(bob, { jobId: id(10) });
    const ofAlice = summary(b);
    const ofBob = summary(b, 20, bob);
    await settle();
    expect(waiting).toHaveLength(1);
    b.proofs.revoke(bob, { jobId: id(10) });
    while (waiting.length > 0) await goOn();
    expect((await ofAlice)?.versionId).toBe("20");
    expect(b.upstream.calls.map(({ call }) => call.caller.credentialId)).toEqual([bob.credentialId]);
    await b.upstream.last.answer(details(20, completed));
    expect((await ofBob)?.coverage).toBe("details");
  });

  it("is not taken from a list that is heard to be void before the store has answered", async () => {
    const hits: string[] = [];
    const hit = (tier: string, kind: string) => hits.push(`${tier} ${kind}`);
    const { change, goOn, waiting } = lateReads();
    const { a, b, clock } = openTwo(change, { events: { hit } });
    await loadList(a);
    const found = summary(b);
    await settle();
    await clock.advance(1);
    const changed = job([version(20, { jobDesc: "after" }), version(21, completed)]);
    await a.lookups.observeJob(caller(), changed, [id(21)], clock.now());
    while (waiting.length > 0) await goOn();
    expect((await found)?.jobDesc).toBe("after");
    expect(b.upstream.calls).toEqual([]);
    expect(hits).toEqual(["shared versions", "shared versions", "process versions"]);
  });

  it("is asked for once by all who wait for the same answer of the store", async () => {
    const { change, goOn, waiting } = lateReads();
    const { a, b } = openTwo(change);
    await loadList(a);
    const all = Promise.all([summary(b), summary(b), summary(b)]);
    await settle();
    expect(waiting).toHaveLength(1);
    await goOn();
    expect((await all).map((found) => found?.versionId)).toEqual(["20", "20", "20"]);
    expect(b.upstream.calls).toEqual([]);
  });

  it("counts once as an answer of the shared tier, for all who wait for it", async () => {
    const hits: string[] = [];
    const hit = (tier: string, kind: string) => hits.push(`${tier} ${kind}`);
    const { a, b } = openTwo(undefined, { events: { hit } });
    await loadList(a);
    await Promise.all([summary(b), summary(b), summary(b)]);
    expect(hits).toEqual(["shared versions"]);
  });

  it("comes with its details for one who waits for the same answer but wants more than the list has", async () => {
    const { change, goOn } = lateReads();
    const { a, b } = openTwo(change);
    await loadList(a);
    const short = summary(b);
    await settle();
    const long = b.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    await goOn();
    expect((await short)?.coverage).toBe("list");
    await goOn();
    await b.upstream.last.answer(details(20, running));
    expect((await long)?.coverage).toBe("details");
    expect(b.upstream.calls.map(({ method }) => method)).toEqual(["getVersion"]);
  });

  it("does not wait for a call for its details that is under way here", async () => {
    const { a, b } = openTwo();
    await loadList(a);
    const long = b.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    expect((await summary(b))?.coverage).toBe("list");
    await b.upstream.last.answer(details(20, running));
    expect((await long)?.coverage).toBe("details");
  });

  it.each([
    ["has neither", (read: SharedStore["read"]) => read],
    ["does not answer", () => () => Promise.reject(new Error("Redis is away"))],
  ])("waits for its details that are under way here where the store %s", async (_, readOf) => {
    let reads = 0;
    const counted = ({ read }: SharedStore) => ({
      read(this: SharedStore, request: ReadRequest): Promise<StoreRead> {
        reads += 1;
        return readOf(read).call(this, request);
      },
    });
    const { b } = openTwo(counted);
    void b.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    const short = summary(b);
    await settle();
    expect(b.upstream.calls).toHaveLength(1);
    expect(reads).toBe(2);
    await b.upstream.last.answer(details(20, running));
    expect((await short)?.coverage).toBe("details");
  });

  it("is loaded by one of the replicas where none can read the list", async () => {
    const damaged = ({ read }: SharedStore) => ({
      async read(this: SharedStore, request: ReadRequest): Promise<StoreRead> {
        const { substitute, ...found } = await read.call(this, request);
        return { ...found, ...(substitute && { substitute: { ...substitute, json: "{" } }) };
      },
    });
    const { a, b, store } = openTwo(damaged);
    await loadList(a);
    void summary(b);
    await settle();
    const token = "another replica";
    const key = { group: "project-1/10", part: "v20", name: `${caller().credentialId}:version:20` };
    const lock = { token, leaseMs: 5_000 };
    const read = await store.read({
      key,
      lock,
      credentialId: caller().credentialId,
      proven: true,
      proofTtlMs: 1,
    });
    expect(read.lock?.token).toBeDefined();
    expect(read.lock?.token).not.toBe(token);
    expect(b.upstream.calls).toHaveLength(1);
  });

  it.each([
    ["the list", loadList],
    ["the version", (r: Replica) => loadDetails(r, 20)],
  ])("gives the right to load back that the store gave although %s is fresh here", async (_, loadIt) => {
    const released: (string | undefined)[] = [];
    const change = ({ read, release }: SharedStore) => ({
      async read(this: SharedStore, request: ReadRequest): Promise<StoreRead> {
        const found = await read.call(this, request);
        return request.lock ? { ...found, lock: { name: "lock", token: request.lock.token } } : found;
      },
      release(this: SharedStore, ...args: Parameters<SharedStore["release"]>): Promise<void> {
        released.push(args[1]?.name);
        return release.apply(this, args);
      },
    });
    const { a, b } = openTwo(change);
    await loadIt(a);
    expect((await summary(b))?.versionId).toBe("20");
    expect(released).toEqual(["lock"]);
  });
});

describe("One version and its job's list, wanted by two operations at the same time", () => {
  const methods = ({ upstream }: Replica) => upstream.calls.map(({ method }) => method);

  it("are one call, for the list", async () => {
    const { b } = openTwo();
    const found = summary(b);
    const list = b.operation().trainingJob(id(10));
    await settle();
    expect(methods(b)).toEqual(["listVersions"]);
    await b.upstream.last.answer(job([version(20, { jobDesc: "listed" })]));
    expect((await found)?.jobDesc).toBe("listed");
    expect((await list)?.versions).toHaveLength(1);
  });

  it("are one call also where the store does not answer", async () => {
    const { b } = openTwo(() => ({ read: () => Promise.reject(new Error("Redis is away")) }));
    void summary(b);
    void b.operation().trainingJob(id(10));
    await settle();
    expect(methods(b)).toEqual(["listVersions"]);
  });

  it("are one call for another credential, too, whose proof only the store knows", async () => {
    const { a, b } = openTwo(undefined, { config: { scope: "project" } });
    a.proofs.record(bob, { jobId: id(10) });
    void b.operation().trainingJob(id(10));
    await settle();
    void summary(b, 20, bob);
    await settle();
    expect(methods(b)).toEqual(["listVersions"]);
  });

  it("leave the right to load the version to others", async () => {
    const { a, b } = openTwo();
    void summary(b);
    void b.operation().trainingJob(id(10));
    await settle();
    void a.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    expect(methods(a)).toEqual(["getVersion"]);
  });

  it("the version does not wait for the list where another replica has cached its details", async () => {
    const { a, b } = openTwo();
    await loadDetails(a, 20);
    void b.operation().trainingJob(id(10));
    await settle();
    expect((await summary(b))?.coverage).toBe("details");
    expect(methods(b)).toEqual(["listVersions"]);
  });
});
