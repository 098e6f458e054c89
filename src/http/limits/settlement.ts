import { createHash } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import { WINDOW_MS } from "./sliding-window.js";

/** What the limiter needs of a Redis connection. */
export interface CounterStore {
  isUp(): boolean;
  readonly keyPrefix: string;
  readonly commands: {
    incrby(key: string, delta: number): Promise<number>;
    get(key: string): Promise<string | null>;
    pexpire(key: string, ms: number): Promise<number>;
  };
}

const SETTLE_MS = 100;
/** Late settlements of other replicas may still raise the previous minute's count for that long. */
const LATE_SETTLEMENT_MS = 2_000;
/** A minute's count is needed until the next minute has passed. */
const KEY_TTL_MS = 3 * WINDOW_MS;

/** What one identity was admitted with, as known here. */
export interface Account {
  quotaKey: string;
  window: number;
  previous: number;
  previousIsFinal: boolean;
  /** What is unsettled included. */
  current: number;
  unsettled?: Unsettled | undefined;
}

/** Operations of one minute that Redis does not know of. */
interface Unsettled {
  account: Account;
  window: number;
  delta: number;
}

/** Makes a minute the one that the account counts. */
export function turnTo(account: Account, window: number): void {
  if (account.window === window) return;
  account.previous = account.window === window - 1 ? account.current : 0;
  Object.assign(account, { window, current: 0, previousIsFinal: false, unsettled: undefined });
}

/** Counts only grow within a minute: what Redis has lost of them is still known here. */
function learn({ account, window }: Unsettled, current: number, previous: number, now: number): void {
  if (account.window === window) {
    account.current = Math.max(account.current, current + (account.unsettled?.delta ?? 0));
    account.previous = Math.max(account.previous, previous);
    account.previousIsFinal = now % WINDOW_MS > LATE_SETTLEMENT_MS;
  } else if (account.window === window + 1) account.previous = Math.max(account.previous, current);
}

/** Adds up what this process admitted and tells Redis, {@link SETTLE_MS} after the first that it does not know. */
export class Settlement {
  private readonly waiting = new Set<Unsettled>();
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly redis: CounterStore,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  add(account: Account): void {
    if (account.unsettled === undefined) {
      account.unsettled = { account, window: account.window, delta: 0 };
      this.waiting.add(account.unsettled);
    }
    account.unsettled.delta += 1;
    this.running ??= this.run();
  }

  forget(account: Account): void {
    if (account.unsettled) this.waiting.delete(account.unsettled);
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.size > 0) {
      await this.clock.sleep(SETTLE_MS, this.stopped.signal).catch(() => {});
      await this.settleAll();
    }
    this.running = undefined;
  }

  private async settleAll(): Promise<void> {
    const batch = [...this.waiting];
    this.waiting.clear();
    for (const item of batch) {
      if (item.account.unsettled === item) item.account.unsettled = undefined;
    }
    if (!this.redis.isUp()) return;
    const results = await Promise.allSettled(batch.map((item) => this.settle(item)));
    const failed = results.find((result) => result.status === "rejected");
    // Not told again: a command that timed out may have been counted, and here they stay counted anyway.
    if (failed) {
      this.log.debug({ event: "rate_limit_unsettled", reason: String(failed.reason) }, "Counts not settled");
    }
  }

  /** The commands of all identities travel together. */
  private async settle(item: Unsettled): Promise<void> {
    const { account, window, delta } = item;
    const hash = createHash("sha256").update(account.quotaKey).digest("base64url");
    const key = (n: number) => `${this.redis.keyPrefix}rate:{${hash}}:${n}`;
    const { commands } = this.redis;
    const [current, previous] = await Promise.all([
      commands.incrby(key(window), delta),
      account.previousIsFinal ? null : commands.get(key(window - 1)),
      commands.pexpire(key(window), KEY_TTL_MS),
    ]);
    learn(item, current, Number(previous ?? 0), this.clock.now());
  }
}
