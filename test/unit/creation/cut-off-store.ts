import { createMemoryIdempotencyStore, type IdempotencyStore } from "../../../src/creation/index.js";
import type { Decide } from "../../../src/creation/store.js";
import type { FakeClock } from "../../support/fake-clock.js";

/** A store that can be cut off, in place of a Redis whose answers come at the wrong moment. */
export class CutOffStore implements IdempotencyStore {
  away = false;
  /** So many steps fail before they reach the store. */
  failNext = 0;
  /** So many steps are done, and their answers lost. */
  loseAnswers = 0;
  private readonly store: IdempotencyStore;
  readonly owners: IdempotencyStore["owners"];
  readonly posts: IdempotencyStore["posts"];

  constructor(clock: FakeClock) {
    this.store = createMemoryIdempotencyStore({ clock });
    this.owners = this.store.owners;
    this.posts = this.store.posts;
  }

  transact = async <T>(keyId: string, decide: Decide<T>): Promise<T> => {
    if (this.away || this.failNext-- > 0) throw new Error("away");
    const reply = await this.store.transact(keyId, decide);
    if (this.loseAnswers-- > 0) throw new Error("the answer is lost");
    return reply;
  };
  changed = (keyId: string, ms: number): Promise<void> => this.store.changed(keyId, ms);
  close = (): Promise<void> => this.store.close();
}
