import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LongId, StatusEvent } from "../../../src/domain/index.js";
import { GatewayError } from "../../../src/errors.js";
import type { UpstreamCall } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { until } from "../../support/until.js";
import { FaultyStores, type StoreView } from "./support/faulty-stores.js";
import { id, type Replica, startReplica } from "./support/replica.js";
import { callerWith, JOB, ScriptedUpstream } from "./support/scripted-upstream.js";

const REPLICAS = 3;
const CLIENTS = 4;
/** Status numbers that the upstream does not document: each change has a number of its own, in order. */
const FIRST_CODE = 1_000;

type Action =
  | { do: "change" | "empty" | "upstreamDown" | "upstreamUp" | "loseWakes" | "keepWakes" | "create" }
  | { do: "pass"; ms: number }
  | { do: "storeDown" | "storeMute" | "storeUp" | "crash"; replica: number }
  | { do: "connect"; client: number; replica: number }
  | { do: "disconnect" | "stopReading" | "readOn"; client: number };

const replica = fc.nat(REPLICAS - 1);
const client = fc.nat(CLIENTS - 1);
const change = { weight: 8, arbitrary: fc.constant<Action>({ do: "change" }) };
const shortly = {
  weight: 8,
  arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 400 }) }),
};
const longer = {
  weight: 3,
  arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 400, max: 8_000 }) }),
};

/** Everything that can go wrong. */
const anything = fc.oneof(
  change,
  shortly,
  longer,
  { weight: 6, arbitrary: fc.record({ do: fc.constant("connect" as const), client, replica }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("storeDown", "storeMute", "storeUp", "crash"), replica }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("disconnect", "stopReading", "readOn"), client }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("empty", "upstreamDown", "upstreamUp", "loseWakes", "keepWakes", "create"),
    }),
  },
) satisfies fc.Arbitrary<Action>;

/** What can go wrong while the store stands and one client on one replica stays. */
const bearable = fc.oneof(
  change,
  shortly,
  longer,
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      client: fc.integer({ min: 1, max: CLIENTS - 1 }),
      replica,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), replica: fc.constantFrom(1, 2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("disconnect" as const),
      client: fc.integer({ min: 1, max: CLIENTS - 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("stopReading", "readOn"), client }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("upstreamDown", "upstreamUp", "loseWakes", "keepWakes", "create"),
    }),
  },
) satisfies fc.Arbitrary<Action>;

/** A client that reconnects with its last cursor. */
class Client {
  readonly events: StatusEvent[] = [];
  reading = true;
  #iterator: AsyncGenerator<StatusEvent, void, undefined> | undefined;
  #resume: (() => void) | undefined;

  constructor(
    readonly name: string,
    private readonly versionId: LongId | undefined,
  ) {}

  get isConnected(): boolean {
    return this.#iterator !== undefined;
  }

  connect({ watch }: Replica): void {
    const iterator = watch.subscribe({
      caller: callerWith(this.name),
      requestId: "r",
      jobId: JOB,
      quotaKey: this.name,
      ...(this.versionId && { versionId: this.versionId }),
      ...(this.events.length > 0 && { after: this.events.at(-1)?.cursor ?? "" }),
    });
    this.#iterator = iterator;
    void this.#read(iterator);
  }

  async disconnect(): Promise<void> {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    await iterator?.return();
  }

  readOn(): void {
    this.reading = true;
    this.#resume?.();
  }

  async #read(iterator: AsyncGenerator<StatusEvent, void, undefined>): Promise<void> {
    for (;;) {
      if (!this.reading) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      }
      const { value, done } = await iterator.next();
      // What arrives after the connection was cut has not arrived.
      if (done || iterator !== this.#iterator) return;
      this.events.push(value);
    }
  }
}

/** Replicas, their clients and everything that can go wrong with them. */
class Scenario {
  readonly clock = new FakeClock();
  readonly upstream = new ScriptedUpstream();
  readonly stores: FaultyStores;
  readonly clients: Client[];
  /** The numbers that polls saw and took in. */
  readonly observed = new Set<number>();
  readonly #replicas: { replica: Replica; view: StoreView; clients: Set<Client> }[] = [];
  readonly #dead: Replica[] = [];
  #code = FIRST_CODE;
  #version = 2;

  constructor(historyLength: number) {
    this.stores = new FaultyStores(this.clock, historyLength);
    this.upstream.set("1", this.#code);
    this.clients = Array.from(
      { length: CLIENTS },
      (_, n) => new Client(`client-${n}`, n % 2 === 0 ? id("1") : undefined),
    );
    for (let n = 0; n < REPLICAS; n += 1) this.#replicas.push(this.#start());
  }

  async run(actions: readonly Action[]): Promise<void> {
    for (const step of actions) {
      await this.#do(step);
      await this.clock.advance(0);
    }
  }

  /** Everything works again, everybody is connected and reads on: in the end all must know the current status. */
  async heal(): Promise<void> {
    this.upstream.fail(undefined);
    this.stores.losesWakes = false;
    for (const { view } of this.#replicas) view.set("up");
    for (const [n, one] of this.clients.entries()) {
      one.readOn();
      if (!one.isConnected) this.#connect(n, n % REPLICAS);
    }
    const current = this.#code;
    await until("everybody knows the current status", async () => {
      await this.clock.advance(500);
      return this.clients.every((one) => codesOf(one).at(-1) === current);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#replicas.map((r) => r.replica), ...this.#dead].map((r) => r.watch.close()));
    for (const one of this.clients) await one.disconnect();
  }

  #start(): { replica: Replica; view: StoreView; clients: Set<Client> } {
    const view = this.stores.view();
    const polled: number[] = [];
    const poll = async (call: UpstreamCall, jobId: LongId) => {
      const job = await this.upstream.poll(call, jobId);
      const code = job.versions.find((version) => version.versionId === "1")?.statusCode;
      if (call.priority === "poll" && code !== undefined) polled.push(code);
      return job;
    };
    const started = startReplica({
      upstream: Object.assign(Object.create(this.upstream) as ScriptedUpstream, { poll }),
      stores: view.stores,
      clock: this.clock,
      config: { pollIntervalMs: 100, maxPollIntervalMs: 400 },
      events: {
        poll: (outcome) => {
          const code = polled.at(-1);
          if ((outcome === "changed" || outcome === "unchanged") && code) this.observed.add(code);
        },
      },
    });
    return { replica: started, view, clients: new Set() };
  }

  #connect(n: number, at: number): void {
    const [one, target] = [this.clients[n], this.#replicas[at]];
    if (!one || !target || one.isConnected) return;
    target.clients.add(one);
    one.connect(target.replica);
  }

  async #do(step: Action): Promise<void> {
    switch (step.do) {
      case "change":
        this.#code += 1;
        return this.upstream.set("1", this.#code);
      case "pass":
        return this.clock.advance(step.ms);
      case "empty":
        return this.stores.empty();
      case "upstreamDown":
        return this.upstream.fail(new GatewayError("UPSTREAM_UNAVAILABLE", "away"));
      case "upstreamUp":
        return this.upstream.fail(undefined);
      case "loseWakes":
      case "keepWakes":
        this.stores.losesWakes = step.do === "loseWakes";
        return;
      case "create":
        return this.#create();
      case "storeDown":
        return this.#replicas[step.replica]?.view.set("down");
      case "storeMute":
        return this.#replicas[step.replica]?.view.set("mute");
      case "storeUp":
        return this.#replicas[step.replica]?.view.set("up");
      case "crash":
        return this.#crash(step.replica);
      case "connect":
        return this.#connect(step.client, step.replica);
      case "disconnect":
        return this.clients[step.client]?.disconnect();
      case "stopReading": {
        const one = this.clients[step.client];
        if (one) one.reading = false;
        return;
      }
      case "readOn":
        return this.clients[step.client]?.readOn();
    }
  }

  async #create(): Promise<void> {
    const versionId = String(this.#version) as LongId;
    this.#version += 1;
    this.upstream.set(versionId, "RUNNING");
    await this.#replicas[0]?.replica.watch.recordCreation(callerWith("creator"), {
      jobId: JOB,
      versionId,
      jobName: null,
      versionName: null,
      status: "RUNNING",
      statusCode: 8,
      createTime: null,
    });
  }

  /** The process is gone: nothing of it reaches anything any more, and its clients lose their connections. */
  async #crash(n: number): Promise<void> {
    const dead = this.#replicas[n];
    if (!dead) return;
    dead.view.set("down");
    this.#dead.push(dead.replica);
    this.#replicas[n] = this.#start();
    for (const one of dead.clients) await one.disconnect();
  }
}

/** The status numbers of version 1 that a client was told. */
function codesOf({ events }: Client): number[] {
  return events.filter((event) => event.versionId === "1").map((event) => event.statusCode);
}

function checkOrder(one: Client, observed: ReadonlySet<number>): void {
  const events = one.events.filter((event) => event.versionId === "1");
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (!before) continue;
    const step = `${one.name} was told ${before.statusCode} and then ${event.statusCode}`;
    // A gap event may repeat the state that the client knew already.
    if (event.gap) expect(event.statusCode, step).toBeGreaterThanOrEqual(before.statusCode);
    else {
      expect(event.statusCode, step).toBeGreaterThan(before.statusCode);
      const missed = [...observed].filter((c) => c > before.statusCode && c < event.statusCode);
      expect(missed, `${step} without a gap`).toEqual([]);
    }
  }
}

async function play(actions: readonly Action[], historyLength: number): Promise<Scenario> {
  const scenario = new Scenario(historyLength);
  try {
    await scenario.run(actions);
    await scenario.heal();
    return scenario;
  } finally {
    await scenario.close();
  }
}

const SEED = 20260101;
const RUNS = 40;

describe("whatever fails, in whatever order", () => {
  test("every subscriber gets each observed change once and in order, or a marked gap, and ends with the current status", async () => {
    const steps = fc.array(anything, { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(1_024, 3), async (actions, historyLength) => {
        const { clients, observed } = await play(actions, historyLength);
        for (const one of clients) checkOrder(one, observed);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  }, 300_000);
});

describe("while the store stands and somebody stays subscribed", () => {
  test("nobody is told of a gap, whoever leaves, comes back, crashes or is slow", async () => {
    const steps = fc.array(bearable, { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (actions) => {
        const { clients, observed } = await play(
          [{ do: "connect", client: 0, replica: 0 }, ...actions],
          1_024,
        );
        for (const one of clients) {
          checkOrder(one, observed);
          expect(one.events.filter((event) => event.gap)).toEqual([]);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  }, 300_000);
});
