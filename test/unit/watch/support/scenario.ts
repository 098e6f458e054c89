import type { LongId } from "../../../../src/domain/index.js";
import { GatewayError } from "../../../../src/errors.js";
import type { UpstreamCall } from "../../../../src/ports.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { until } from "../../../support/until.js";
import { type Action, everybody, REPLICAS } from "./actions.js";
import { Client } from "./client.js";
import { FaultyStores, type StoreView } from "./faulty-stores.js";
import { id, type Replica, startReplica } from "./replica.js";
import { callerWith, createdVersion, ScriptedUpstream } from "./scripted-upstream.js";

/** Status numbers that the upstream does not document: each change has a number of its own, in order. */
const FIRST_CODE = 1_000;

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
      upstream: { poll },
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
    const versionId = String(this.#version);
    this.#version += 1;
    this.#upstream.set(versionId, "RUNNING");
    await this.#replicas[0]?.replica.watch.recordCreation(
      callerWith("creator"),
      createdVersion(versionId, "RUNNING"),
    );
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
