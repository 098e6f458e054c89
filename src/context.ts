import type { CancelSignal } from "./cancellation.js";
import type { Caller } from "./domain/index.js";
import type {
  Ingredients,
  Lookups,
  RequestLookups,
  StatusWatch,
  UpstreamWrites,
  VersionCreation,
} from "./ports.js";

/** What resolvers may use; the same for every request. */
export interface Services {
  lookups: Lookups;
  upstream: UpstreamWrites;
  creation: VersionCreation;
  watch: StatusWatch;
}

/** What a transport knows about the one who asks. */
export interface RequestInfo {
  requestId: string;
  /** Throws UNAUTHENTICATED without a credential, BAD_USER_INPUT without a valid project, FORBIDDEN for a project that is not served. */
  identify(): Caller;
  /** Whom rate and subscription limits count against: a hash of the credential, or the client's address. */
  quotaKey: string;
  /** Aborts when the client has gone. */
  signal?: CancelSignal;
}

/**
 * What one operation carries. Identity is asked for only when something needs it, so that introspection and the
 * explorers work without a credential.
 */
export class GatewayContext {
  /** In an object of its own, because Apollo Server works with a shallow copy of the context. */
  private readonly made: { caller?: Caller; lookups?: RequestLookups } = {};

  constructor(
    readonly services: Services,
    private readonly request: RequestInfo,
  ) {}

  get requestId(): string {
    return this.request.requestId;
  }

  /** Whom limits count against. */
  get quotaKey(): string {
    return this.request.quotaKey;
  }

  /** Whoever asks. Throws as {@link RequestInfo.identify} does. */
  get caller(): Caller {
    this.made.caller ??= this.request.identify();
    return this.made.caller;
  }

  /** The loaders of this operation. Throws as {@link RequestInfo.identify} does. */
  get lookups(): RequestLookups {
    this.made.lookups ??= this.services.lookups.forRequest({
      caller: this.caller,
      requestId: this.requestId,
      ...(this.request.signal && { signal: this.request.signal }),
    });
    return this.made.lookups;
  }

  /** What the operation was made from; undefined when its answer must not be given again. */
  ingredients(): Ingredients | undefined {
    return this.made.lookups?.ingredients();
  }

  /** A context for the next event of a subscription: what it looks up is not what an earlier event looked up. */
  forEvent(): GatewayContext {
    return new GatewayContext(this.services, this.request);
  }
}
