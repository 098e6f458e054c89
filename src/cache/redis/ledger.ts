import { createBoundedMap } from "../bounded-map.js";
import type { Message } from "./messages.js";

interface Heard {
  beacon: number | undefined;
  invalidations: number;
}

/**
 * Notices what was missed on the channel. A connection that is lost says so, but a cluster client changes the node
 * that it listens to silently; each sender's beacons, numbered and with the count of what it has told, show the gap.
 */
export class Ledger {
  readonly #senders = createBoundedMap<Heard>(1_000);

  /** Notes a message; true when one before it was missed. */
  misses(message: Message): boolean {
    if (message.kind === "released") return false;
    const heard = this.#senders.get(message.sender) ?? { beacon: undefined, invalidations: 0 };
    this.#senders.set(message.sender, heard);
    if (message.kind === "invalidated") {
      heard.invalidations += 1;
      return false;
    }
    const { beacon: previous, invalidations } = heard;
    heard.beacon = message.number;
    heard.invalidations = Math.max(invalidations, message.told);
    // Before its first beacon a sender may have told others things that did not concern this replica yet.
    return previous !== undefined && (message.number !== previous + 1 || invalidations < message.told);
  }

  /** Begins anew, after a gap that is known already. */
  clear(): void {
    this.#senders.clear();
  }
}
