import type { LongId, StatusEvent } from "../../../../src/domain/index.js";
import type { Replica } from "./replica.js";
import { callerWith, JOB } from "./scripted-upstream.js";

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
