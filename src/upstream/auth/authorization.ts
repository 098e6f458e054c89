import type { SignableRequest } from "./canonical-request.js";

/** A request that wants credentials; the host is signed as the transport sends it. */
export type UnsignedRequest = Omit<SignableRequest, "headers"> & { host: string };

/** Who asks, as one attempt tells it. */
export interface Authorization {
  headers: Record<string, string>;
  /**
   * Called after the upstream refused the gateway's own identity in these headers. True when there is something better
   * to try once. Never rejects.
   *
   * @param serverTime the upstream's time by its refusal, where it told (ms since the epoch)
   */
  renew(serverTime: number | undefined): Promise<boolean>;
}

/** The gateway's own identity. */
export interface ServiceAuth {
  /**
   * Resolves when calls can be authorized.
   *
   * @throws IdentityUnavailable when that cannot be had now
   */
  ready(): Promise<void>;
  authorize(projectId: string, request: UnsignedRequest): Authorization;
  close(): Promise<void>;
}

/** The gateway's own identity cannot be had now; nothing was sent to the upstream. */
export class IdentityUnavailable extends Error {
  override readonly name = "IdentityUnavailable";

  constructor(
    /** False when waiting will hardly help, but an operator. */
    readonly transient: boolean,
    readonly retryAfterMs: number,
  ) {
    super("The gateway's own identity is not available");
  }
}
