import { describe, expect, it } from "vitest";
import { type SharedStore } from "../../../src/cache/index.js";
import type { PeekRequest, StorePeek, WriteRequest } from "../../../src/cache/store.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, id } from "./data.js";
import { ACTIVE_MS, type Replica, replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";
import { loadDetails, loadList, openTwo, summaries } from "./two-replicas.js";

describe("Looking into what another replica has cached of a job", () => {
  it("gives no version past its end", async () => {
    const { a, b, clock } = openTwo();
    await loadList(a);
    await clock.advance(ACTIVE_MS);
    void summaries(b);
    await settle();
    expect(b.upstream.calls.map(({ method }) => method)).toEqual(["listVersions"]);
  });

  it("asks for what this replica does not have, and takes that over", async () => {
    const asked: string[][] = [];
    const watch = ({ peek }: SharedStore) => ({
      peek(this: SharedStore, request: PeekRequest): Promise<StorePeek> {
        asked.push(request.keys.map(({ part }) => part));
        return peek.call(this, request);
      },
    });
    const { a, b } = openTwo(watch);
    await loadDetails(b, 20);
    await loadDetails(a, 21);
    expect((await summaries(b)).map((found) => found?.versionId)).toEqual(["20", "21"]);
    await summaries(b);
    expect(asked).toEqual([["list", "v21"], ["list"]]);
    expect(b.upstream.calls).toHaveLength(1);
  });

  it("gives nothing that is heard to be void before Redis has answered", async () => {
    let goOn: (() => void) | undefined;
    const late = ({ peek }: SharedStore) => ({
      async peek(this: SharedStore, request: PeekRequest): Promise<StorePeek> {
        const found = await peek.call(this, request);
        if (goOn === undefined) await new Promise<void>((resolve) => (goOn = resolve));
        return found;
      },
    });
    const { a, b } = openTwo(late);
    await loadList(a, "before");
    const found = summaries(b);
    await settle();
    await a.lookups.invalidateJob(caller().projectId, id(10));
    goOn?.();
    await settle();
    for (const { args, answer } of b.upstream.calls)
      await answer(details(Number(args[1]), { ...completed, jobDesc: "after" }));
    expect((await found).map((each) => each?.jobDesc)).toEqual(["after", "after"]);
  });

  it("learns of a proof that ends when it ends where it was recorded", async () => {
    const { a, b, clock } = openTwo(undefined, { proofTtlMs: ACTIVE_MS / 2 });
    await loadList(a);
    await clock.advance(ACTIVE_MS / 2 - 1);
    expect(await summaries(b)).toHaveLength(2);
    await clock.advance(1);
    void summaries(b);
    await settle();
    expect(b.upstream.calls).toHaveLength(1);
  });

  it("goes on without where Redis does not answer", async () => {
    const { a, b } = openTwo(() => {
      const away = () => Promise.reject(new Error("Redis is away"));
      return { peek: away, read: away };
    });
    await loadList(a);
    void summaries(b);
    await settle();
    expect(b.upstream.calls).toHaveLength(1);
  });
});

describe("The proof that comes with an answer", () => {
  const provenTo = (r: Replica) => r.proofs.holds(caller(), { jobId: id(10) });

  it("is told again with the next one where the write that carried it failed", async () => {
    let isAway = true;
    const carried: boolean[] = [];
    const failing = ({ write }: SharedStore) => ({
      write(this: SharedStore, request: WriteRequest): Promise<boolean> {
        carried.push(request.proof !== undefined);
        return isAway ? Promise.reject(new Error("Redis is away")) : write.call(this, request);
      },
    });
    const { a, b } = openTwo(failing);
    await loadDetails(b, 20);
    expect(await provenTo(a)).toBe(false);
    isAway = false;
    await loadDetails(b, 21);
    expect(await provenTo(a)).toBe(true);
    await loadDetails(b, 22);
    expect(carried).toEqual([true, true, false]);
  });

  it("is told also where the answer is not kept", async () => {
    const clock = new FakeClock();
    const state = new MemoryState();
    const open = () =>
      replica({ clock, store: createMemoryStore({ clock, state }), config: { activeTtlMs: 0 } });
    const [a, b] = [open(), open()];
    await loadList(b);
    expect(await provenTo(a)).toBe(true);
  });

  it("is told also where Redis did not say whether the answer may be kept", async () => {
    const { a, b } = openTwo(() => ({ read: () => Promise.reject(new Error("too late")) }));
    await loadList(b);
    expect(await provenTo(a)).toBe(true);
  });
});
