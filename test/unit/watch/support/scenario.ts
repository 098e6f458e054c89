import * as fc from "fast-check";
import type { LongId, StatusEvent } from "../../../../src/domain/index.js";
import { GatewayError } from "../../../../src/errors.js";
import type { UpstreamCall } from "../../../../src/ports.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { until } from "../../../support/until.js";
import { FaultyStores, type StoreView } from "./faulty-stores.js";
import { id, type Replica, startReplica } from "./replica.js";
import { callerWith, JOB, ScriptedUpstream } from "./scripted-upstream.js";

const REPLICAS = 3;
/** Status numbers that the upstream does not document: each change has a number of its own, in order. */
const FIRST_CODE = 1_000;

type Simple = "change" | "empty" | "upstreamDown" | "upstreamUp" | "loseWakes" | "keepWakes" | "create";
type OfReplica = "storeDown" | "storeMute" | "storeUp" | "emptyWhileDown" | "crash";
type OfClient = "disconnect" | "stopReading" | "readOn";

type Action =
  | { do: Simple }
  | { do: "pass" | "pollsTake"; ms: number }
  | { do: OfReplica; replica: number }
  | { do: "connect"; client: number; replica: number }
  | { do: OfClient; client: number };

type Arbitraries = { weight: number; arbitrary: fc.Arbitrary<Action> }[];

function simple(...names: Simple[]) {
  return fc.constantFrom(...names).map((name): Action => ({ do: name }));
}

function withReplica(names: readonly OfReplica[], replicas: readonly number[]) {
  return fc.record({ do: fc.constantFrom(...names), replica: fc.constantFrom(...replicas) });
}

function withClient(names: readonly OfClient[], clients: readonly number[]) {
  return fc.record({ do: fc.constantFrom(...names), client: fc.constantFrom(...clients) });
}

function connecting(clients: readonly number[]) {
  const replica = fc.nat(REPLICAS - 1);
  return fc.record({ do: fc.constant("connect" as const), client: fc.constantFrom(...clients), replica });
}

function lasting(name: "pass" | "pollsTake", min: number, max: number) {
  return fc.record({ do: fc.constant(name), ms: fc.integer({ min, max }) });
}

const ordinary: Arbitraries = [
  { weight: 10, arbitrary: simple("change") },
  { weight: 8, arbitrary: lasting("pass", 1, 400) },
  { weight: 3, arbitrary: lasting("pass", 400, 8_000) },
  { weight: 2, arbitrary: lasting("pollsTake", 0, 4_000) },
  { weight: 3, arbitrary: simple("upstreamDown", "upstreamUp", "loseWakes", "keepWakes", "create") },
];
const everybody = [0, 1, 2, 3];

/** Everything that can go wrong. */
export const anything: fc.Arbitrary<Action> = fc.oneof(
  ...ordinary,
  { weight: 5, arbitrary: connecting(everybody) },
  { weight: 3, arbitrary: withClient(["disconnect", "stopReading", "readOn"], everybody) },
  { weight: 5, arbitrary: withReplica(["storeDown", "storeMute", "storeUp", "storeUp", "crash"], [0, 1, 2]) },
  { weight: 3, arbitrary: withReplica(["emptyWhileDown"], [0, 1, 2]) },
  { weight: 2, arbitrary: simple("empty") },
);

/** What can go wrong while the store stands and client 0 stays on replica 0. */
export const bearable: fc.Arbitrary<Action> = fc.oneof(
  ...ordinary,
  { weight: 8, arbitrary: connecting([1, 2, 3]) },
  { weight: 4, arbitrary: withClient(["disconnect", "stopReading", "readOn"], [1, 2, 3]) },
  { weight: 2, arbitrary: withReplica(["crash"], [1, 2]) },
);

/** What happens to clients that come and go while everything works. */
export const coming: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: simple("change") },
  { weight: 6, arbitrary: lasting("pass", 200, 1_500) },
  { weight: 4, arbitrary: connecting(everybody) },
  { weight: 8, arbitrary: withClient(["disconnect"], everybody) },
);

/** A client that reconnects with its last cursor. */
export class Client {
  readonly events: StatusEvent[] = [];
  at: unknown;
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

  /** Its events of version 1, whose status the scenario changes. */
  get changes(): StatusEvent[] {
    return this.events.filter((event) => event.versionId === "1");
  }

  connect({ watch }: Replica): void {
    const last = this.events.at(-1);
    const iterator = watch.subscribe({
      caller: callerWith(this.name),
      requestId: "r",
      jobId: JOB,
      quotaKey: this.name,
      ...(this.versionId && { versionId: this.versionId }),
      ...(last && { after: last.cursor }),
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

interface Running {
  replica: Replica;
  view: StoreView;
}

/** Replicas, their clients and everything that can go wrong with them. */
export class Scenario {
  readonly clients: Client[];
  /** The numbers that polls saw and took in. */
  readonly observed = new Set<number>();
  /** The numbers that were taken on while nobody was connected. */
  readonly unwatched = new Set<number>();
  readonly #clock = new FakeClock();
  readonly #upstream = new ScriptedUpstream();
  readonly #stores: FaultyStores;
  readonly #replicas: Running[] = [];
  readonly #dead: Replica[] = [];
  #code = FIRST_CODE;
  #version = 2;
  #pollsTakeMs = 0;

  constructor(historyLength: number) {
    this.#stores = new FaultyStores(this.#clock, historyLength);
    this.#upstream.set("1", this.#code);
    this.clients = everybody.map((n) => new Client(`client-${n}`, n % 2 === 0 ? id("1") : undefined));
    for (let n = 0; n < REPLICAS; n += 1) this.#replicas.push(this.#start());
  }

  /** Plays the actions, then lets everything work again until everybody knows the current status. */
  static async play(actions: readonly Action[], historyLength = 1_024): Promise<Scenario> {
    const scenario = new Scenario(historyLength);
    try {
      for (const [n] of scenario.clients.entries()) scenario.#connect(n, n % REPLICAS);
      await scenario.#clock.advance(200);
      for (const step of actions) {
        await scenario.#do(step);
        await scenario.#clock.advance(0);
      }
      await scenario.#heal();
      return scenario;
    } finally {
      await scenario.#close();
    }
  }

  async #heal(): Promise<void> {
    this.#upstream.fail(undefined);
    this.#pollsTakeMs = 0;
    this.#stores.losesWakes = false;
    for (const { view } of this.#replicas) view.set("up");
    for (const [n, one] of this.clients.entries()) {
      one.readOn();
      this.#connect(n, n % REPLICAS);
    }
    await until("everybody knows the current status", async () => {
      await this.#clock.advance(500);
      return this.clients.every((one) => one.changes.at(-1)?.statusCode === this.#code);
    });
  }

  async #close(): Promise<void> {
    const replicas = [...this.#replicas.map((running) => running.replica), ...this.#dead];
    await Promise.all(replicas.map(({ watch }) => watch.close()));
    for (const one of this.clients) await one.disconnect();
  }

  #start(): Running {
    const view = this.#stores.view();
    const polled: (number | undefined)[] = [];
    const poll = async (call: UpstreamCall, jobId: LongId) => {
      const job = await this.#upstream.poll(call, jobId);
      if (call.priority !== "poll") return job;
      // What was true when the call arrived, told late.
      if (this.#pollsTakeMs > 0) await this.#clock.sleep(this.#pollsTakeMs, call.signal);
      polled.push(job.versions.find((version) => version.versionId === "1")?.statusCode);
      return job;
    };
    const replica = startReplica({
      upstream: Object.assign(new ScriptedUpstream(), { poll }),
      stores: view.stores,
      clock: this.#clock,
      config: { pollIntervalMs: 100, maxPollIntervalMs: 400 },
      events: {
        poll: (outcome) => {
          const code = polled.at(-1);
          if ((outcome === "changed" || outcome === "unchanged") && code) this.observed.add(code);
        },
      },
    });
    return { replica, view };
  }

  #connect(n: number, at: number): void {
    const [one, target] = [this.clients[n], this.#replicas[at]];
    if (!one || !target || one.isConnected) return;
    one.at = target;
    one.connect(target.replica);
  }

  #change(): void {
    this.#code += 1;
    this.#upstream.set("1", this.#code);
    if (!this.clients.some((one) => one.isConnected)) this.unwatched.add(this.#code);
  }

  async #do(step: Action): Promise<void> {
    switch (step.do) {
      case "change":
        return this.#change();
      case "pass":
        return this.#clock.advance(step.ms);
      case "pollsTake":
        this.#pollsTakeMs = step.ms;
        return;
      case "empty":
        return this.#stores.empty();
      case "emptyWhileDown":
        this.#replicas[step.replica]?.view.set("down");
        return this.#stores.empty();
      case "upstreamDown":
        return this.#upstream.fail(new GatewayError("UPSTREAM_UNAVAILABLE", "away"));
      case "upstreamUp":
        return this.#upstream.fail(undefined);
      case "loseWakes":
      case "keepWakes":
        this.#stores.losesWakes = step.do === "loseWakes";
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
    this.#upstream.set(versionId, "RUNNING");
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
    for (const one of this.clients) if (one.at === dead) await one.disconnect();
  }
}
