import { randomUUID } from "node:crypto";
import type { Message } from "./messages.js";

/** Without a beacon of its own that was sent within this time, a replica does not know whether the channel works (ms). */
const ALIVE_MS = 2_500;

type Beacon = Extract<Message, { kind: "beacon" }>;

/** What a replica sends on the channel to itself, so that it knows whether the channel works, and to others, who see by the numbers what they missed. */
export class Beacons {
  readonly #self = randomUUID();
  /** Counted in the sender's name: what was told is counted anew whenever the count is not sure any more. */
  #epoch = 0;
  #number = 0;
  #told = 0;
  /** Those sent and not heard yet: number to instant (ms since the epoch). */
  readonly #sent = new Map<number, number>();
  /** When the latest one that was heard was sent; undefined when the channel was lost since. */
  #knownAt: number | undefined;

  constructor(private readonly now: () => number) {}

  /** The name under which this replica speaks at the moment. */
  get sender(): string {
    return `${this.#self}/${this.#epoch}`;
  }

  /** True where this replica has said it, under whichever name. */
  isOwn(sender: string): boolean {
    return sender.startsWith(`${this.#self}/`);
  }

  /** Counts an invalidation that others were told of under that name. */
  countTold(sender: string): void {
    if (sender === this.sender) this.#told += 1;
  }

  /** The next one, to be sent now. */
  next(): Beacon {
    const now = this.now();
    this.#forgetOverdue(now);
    this.#number += 1;
    this.#sent.set(this.#number, now);
    return { kind: "beacon", sender: this.sender, number: this.#number, told: this.#told };
  }

  /** Notes that one has come back; false where it shows nothing: it is another's, or overdue. */
  returned({ sender, number }: Beacon): boolean {
    const sentAt = sender === this.sender ? this.#sent.get(number) : undefined;
    if (sentAt === undefined) return false;
    for (const earlier of this.#sent.keys()) if (earlier <= number) this.#sent.delete(earlier);
    this.#knownAt = sentAt;
    return true;
  }

  /** True while one that was sent not long ago has come back. */
  isAlive(): boolean {
    return this.#knownAt !== undefined && this.now() - this.#knownAt < ALIVE_MS;
  }

  /** The channel was lost. */
  lose(): void {
    this.#knownAt = undefined;
  }

  /** What was told is not known any more: others must not take the next one for the second after a lost one. */
  beginAnew(): void {
    this.#epoch += 1;
    this.#number = 0;
    this.#told = 0;
    this.#sent.clear();
  }

  /** One that comes back so late shows nothing any more. */
  #forgetOverdue(now: number): void {
    for (const [number, sentAt] of this.#sent) {
      if (now - sentAt < ALIVE_MS) return;
      this.#sent.delete(number);
    }
  }
}
