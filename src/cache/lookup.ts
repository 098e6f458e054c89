import type { Asker } from "./asker.js";
import type { Entry } from "./entry.js";
import type { Resource } from "./resources.js";

/** An answer of the caches, where there is one. */
export type Peeked<V> = Entry<V> | undefined;

/** What the caches have of several things, in their order. */
export type PeekedAll<R extends readonly Resource<unknown>[]> = {
  [I in keyof R]: R[I] extends Resource<infer V> ? Peeked<V> : never;
};

/** What does as well as what was looked for. Without a value it is being looked for already. */
export class Substitute<V> {
  constructor(readonly value?: V) {}
}

/** The one way that every lookup goes. */
export interface Lookup {
  /**
   * The answer, or null when the upstream has no such thing.
   *
   * @param fresh accept only an answer whose upstream call began after the operation arrived
   * @throws GatewayError as the upstream reads do; the signal's reason when the asker has gone
   */
  find<V>(resource: Resource<V>, asker: Asker, fresh: boolean): Promise<V | null>;
  /** The same where another thing of its group would do as well, for which the upstream is not asked. */
  findOr<V, S>(
    resource: Resource<V>,
    substitute: Resource<S>,
    asker: Asker,
  ): Promise<V | null | Substitute<S>>;
  /** What this process has that the caller may be given at once. */
  here<V>(resource: Resource<V>, asker: Asker): Peeked<V>;
  /**
   * What the caches have of these things, all of one group, that the caller may be given: what is here, and what is fresh in
   * the shared tier. The upstream is not asked.
   */
  peek<const R extends readonly Resource<unknown>[]>(
    resources: R,
    asker: Asker,
  ): PeekedAll<R> | Promise<PeekedAll<R>>;
  /** True where there is a shared tier, which has what other replicas got. */
  readonly isShared: boolean;
  /** True when {@link Lookup.find} would wait for a call that is under way. */
  isUnderWay(resource: Resource<unknown>, asker: Asker): boolean;
}
