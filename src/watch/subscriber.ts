import type { LongId, StatusEvent } from "../domain/index.js";
import { GatewayError } from "../errors.js";
import { Backlog } from "./backlog.js";
import type { WatchEvents } from "./events.js";
import type { Notice, StatusNotice } from "./notice.js";
import { nothingTold, type Told } from "./told.js";

type Result = IteratorResult<StatusEvent, void>;

interface Request {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export interface SubscriberOptions {
  versionId: LongId | undefined;
  /** Called with the first request for an event. Throws when the subscription cannot be. */
  onStart(subscriber: Subscriber): void;
  /** Called once, however it ends. */
  onEnd(subscriber: Subscriber): void;
  /** Resolves true when an event may be given now; false when this subscription has been ended. */
  mayRead(): Promise<boolean>;
  events: WatchEvents;
  now(): number;
}

const DONE: Result = { done: true, value: undefined };

const NOT_FOUND = {
  vanished: "The training job has no such version (any more).",
  gone: "The training job does not exist any more.",
};

/** One subscription: an iterator that is fed from outside and can be returned at any time, also while it waits. */
export class Subscriber implements AsyncGenerator<StatusEvent, void, undefined> {
  /** Entries of the history up to this one are no news to this subscriber. */
  seq = 0;
  /** True when what the history said before an event is what this subscriber was told in an earlier connection. */
  isResumed = false;
  readonly backlog: Backlog;
  #told: Told;
  #requests: Request[] = [];
  #phase: "new" | "open" | "ending" | "ended" | "frozen" = "new";
  #failure: unknown;
  #isPumping = false;
  #isLetGo = false;
  #hasNews = false;
  #startedAt = 0;

  constructor(private readonly options: SubscriberOptions) {
    this.#told = nothingTold(options.versionId);
    this.backlog = new Backlog((dropped) => options.events.collapsed(dropped));
  }

  get versionId(): LongId | undefined {
    return this.options.versionId;
  }

  /** The status that this subscriber will have been told of when he has read everything. */
  latestCode(versionId: LongId): number | undefined {
    return this.backlog.latest(versionId)?.statusCode ?? this.#told.get(versionId);
  }

  /** Hands on what it starts with: its first events, or what it missed. */
  start(notices: readonly Notice[]): void {
    this.backlog.fill(notices);
    this.wake();
  }

  /** Hands on a notice, unless it is about another version. */
  push(notice: Notice): void {
    if ("versionId" in notice && this.versionId !== undefined && notice.versionId !== this.versionId) return;
    // In the subscription of a whole job a vanished version falls silent.
    if (notice.kind === "vanished" && this.versionId === undefined) return;
    this.backlog.push(notice);
    this.wake();
  }

  /** Lets a waiting reader look again. */
  wake(): void {
    if (this.#requests.length > 0) void this.#pump();
  }

  /** Ends it at once with an error, which the reader gets when he asks next; what was not read is never given. */
  fail(error: unknown): void {
    if (this.#phase !== "open") return;
    this.#failure = error;
    this.#complete();
  }

  /** Gives what has arrived and then nothing, without an end: that would look like the end of the events. */
  freeze(): void {
    if (this.#phase !== "open") return;
    this.#phase = "frozen";
    this.#letGo();
  }

  next(): Promise<Result> {
    if (this.#phase === "ended") return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      if (this.#phase === "new") this.#start();
      void this.#pump();
    });
  }

  async return(): Promise<Result> {
    this.#end();
    for (const request of this.#requests.splice(0)) request.resolve(DONE);
    return DONE;
  }

  async throw(error: unknown): Promise<Result> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #start(): void {
    this.#phase = "open";
    this.#startedAt = this.options.now();
    try {
      this.options.onStart(this);
    } catch (error) {
      this.fail(error);
    }
  }

  #end(): void {
    const wasStarted = this.#phase !== "new";
    this.#phase = "ended";
    this.backlog.clear();
    if (wasStarted) this.#letGo();
  }

  #letGo(): void {
    if (this.#isLetGo) return;
    this.#isLetGo = true;
    this.options.onEnd(this);
  }

  async #pump(): Promise<void> {
    this.#hasNews = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#hasNews) {
        this.#hasNews = false;
        while (this.#requests.length > 0 && (await this.#step()));
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  /** Answers at most one request. False when there is nothing to do until something arrives. */
  async #step(): Promise<boolean> {
    if (this.#phase === "ended") return false;
    if (this.backlog.first === undefined) return this.#phase === "ending" && this.#conclude();
    if (!(await this.options.mayRead())) return this.#phase === "ending";
    // Meanwhile unread events can have collapsed, or gone with the subscription.
    const notice = this.backlog.shift();
    if (notice?.kind === "status") this.#give(notice);
    else if (notice?.kind === "completed") this.#complete();
    else if (notice) this.fail(new GatewayError("NOT_FOUND", NOT_FOUND[notice.kind]));
    return true;
  }

  /** Nothing is given any more but the end. */
  #complete(): void {
    this.#phase = "ending";
    this.backlog.clear();
    this.#letGo();
    this.wake();
  }

  #count(event: StatusEvent): void {
    const { events, now } = this.options;
    // What happened before the subscription says nothing about how quickly changes are told.
    if (event.observedAt >= this.#startedAt) events.delivered(now() - event.observedAt);
    if (event.gap) events.gap();
  }

  /** Ends it; the first request gets the error, if there is one. */
  #conclude(): false {
    this.#end();
    const [first, ...others] = this.#requests.splice(0);
    if (this.#failure === undefined) first?.resolve(DONE);
    else first?.reject(this.#failure);
    for (const request of others) request.resolve(DONE);
    return false;
  }

  #give(notice: StatusNotice): void {
    const { versionId, statusCode } = notice;
    const told = this.#told.get(versionId);
    // After a history was restored from an older copy, a change can come up twice.
    if (!notice.gap && told === statusCode) return;
    this.#told = this.#told.with(versionId, statusCode);
    const event = notice.event(told ?? (this.isResumed ? notice.previousCode : undefined));
    if (this.versionId !== undefined && event.terminal) this.#complete();
    this.#count(event);
    this.#requests.shift()?.resolve({ done: false, value: event });
  }
}
