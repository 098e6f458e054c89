import type { Caller } from "../domain/index.js";
import { GatewayError } from "../errors.js";
import type { Resource } from "./resources.js";

/**
 * Proofs being renewed: one upstream call proves a credential's access to all of a group, so that the other answers of
 * the group which wait only for that proof cost none.
 */
export class Renewals {
  readonly #underWay = new Map<string, Promise<GatewayError | undefined>>();

  /**
   * The renewal under way for this caller and group, if there is one. It rejects with the GatewayError that the
   * renewing call got, which holds for this caller as well.
   */
  underWay(caller: Caller, resource: Resource<unknown>): Promise<void> | undefined {
    return this.#underWay.get(keyOf(caller, resource))?.then((error) => {
      if (error !== undefined) throw error;
    });
  }

  /** Makes a load the renewal that others wait for. */
  async run<T>(caller: Caller, resource: Resource<unknown>, load: () => Promise<T>): Promise<T> {
    const key = keyOf(caller, resource);
    const loading = load();
    const renewal = loading.then(
      () => undefined,
      (error: unknown) => (error instanceof GatewayError ? error : undefined),
    );
    this.#underWay.set(key, renewal);
    try {
      return await loading;
    } finally {
      if (this.#underWay.get(key) === renewal) this.#underWay.delete(key);
    }
  }
}

function keyOf(caller: Caller, resource: Resource<unknown>): string {
  return `${caller.credentialId}|${resource.group}`;
}
