/** Redis did not answer in time. */
export class TimedOut extends Error {}

/** How many beats a time-out is counted in. */
const BEATS = 10;

interface Waiting {
  /** The beat with which the time is over. */
  until: number;
  expire(): void;
}

/**
 * One time-out for many answers at once, counted in beats. A process that is busy misses beats rather than answers: a
 * stretch of work or a pause of the garbage collector counts as one beat however long it takes, and what has come
 * meanwhile is read before anything expires.
 */
export class RedisTimeout {
  #beat = 0;
  #timer: NodeJS.Timeout | undefined;
  /** In the order in which they expire. */
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly timeoutMs: number) {}

  /** Calls `expire` when the time is over. Returns how to stop that. */
  begin(expire: (error: TimedOut) => void): () => void {
    const timedOut = () => expire(new TimedOut(`Redis did not answer within ${this.timeoutMs} ms`));
    const waiting: Waiting = { until: this.#beat + BEATS + 1, expire: timedOut };
    this.#waiting.add(waiting);
    // After the sockets have been read in the same turn of the event loop.
    this.#timer ??= setInterval(() => setImmediate(() => this.#count()), this.timeoutMs / BEATS).unref();
    return () => this.#forget(waiting);
  }

  #count(): void {
    this.#beat += 1;
    for (const waiting of this.#waiting) {
      if (waiting.until > this.#beat) return;
      this.#forget(waiting);
      waiting.expire();
    }
  }

  #forget(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
