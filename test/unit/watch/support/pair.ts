import { FakeClock } from "../../../support/fake-clock.js";
import { until } from "../../../support/until.js";
import { FaultyStores, type StoreView } from "./faulty-stores.js";
import { type Reader, type Replica, startReplica } from "./replica.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { Wire } from "./wire.js";

type Each<T> = { a: T; b: T };

/** Two replicas over one store, with a reader each whose token is the replica's name. `a` subscribed first and polls. */
export interface Pair extends AsyncDisposable {
  clock: FakeClock;
  upstream: ScriptedUpstream;
  stores: FaultyStores;
  views: Each<StoreView>;
  wires: Each<Wire>;
  replicas: Each<Replica>;
  readers: Each<Reader>;
  pass(ms: number): Promise<void>;
  /** Lets time pass until it holds. */
  eventually(what: string, holds: () => boolean): Promise<void>;
  /** Whether both readers were told of that status last. */
  bothTold(status: string): () => boolean;
}

/** Starts them; version 1 is INIT, and both readers know. */
export async function startPair(): Promise<Pair> {
  const clock = new FakeClock();
  const upstream = new ScriptedUpstream();
  const stores = new FaultyStores(clock, 1_024);
  const views = { a: stores.view(), b: stores.view() };
  const wires = { a: new Wire(upstream), b: new Wire(upstream) };
  const start = (name: "a" | "b") =>
    startReplica({
      upstream: wires[name],
      clock,
      stores: views[name].stores,
      config: { pollIntervalMs: 200, maxPollIntervalMs: 200 },
    });
  const replicas = { a: start("a"), b: start("b") };
  const pass = (ms: number) => clock.advance(ms);
  const eventually = async (what: string, holds: () => boolean) => {
    await until(what, async () => {
      if (!holds()) await pass(50);
      return holds();
    });
  };

  upstream.set("1", "INIT");
  const a = replicas.a.read({ token: "a" });
  await eventually("a begins", () => a.events.length === 1);
  const readers = { a, b: replicas.b.read({ token: "b" }) };
  const bothTold = (status: string) => () =>
    [readers.a, readers.b].every((reader) => reader.events.at(-1)?.status === status);
  await eventually("b begins", bothTold("INIT"));
  return {
    clock,
    upstream,
    stores,
    views,
    wires,
    replicas,
    readers,
    pass,
    eventually,
    bothTold,
    async [Symbol.asyncDispose]() {
      await Promise.all([replicas.a.watch.close(), replicas.b.watch.close()]);
      await Promise.all([readers.a.stop(), readers.b.stop()]);
    },
  };
}
