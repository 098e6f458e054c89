import { randomBytes } from "node:crypto";
import { Refusal } from "../answers.js";
import type { SimulatorClock } from "../clock.js";

/** A token is valid for 24 hours. */
export const TOKEN_LIFETIME_MS = 24 * 60 * 60 * 1_000;

interface Token {
  /** Absent for a token that was asked for without a project. */
  projectId?: string;
  expiresAt: number;
  revoked: boolean;
}

/** The tokens that IAM has given out. */
export class TokenStore {
  readonly #clock: SimulatorClock;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: SimulatorClock) {
    this.#clock = clock;
  }

  /** Makes `token` valid for a project; without one it carries no project. Valid for 24 hours unless told. */
  add(token: string, projectId?: string, lifetimeMs = TOKEN_LIFETIME_MS): { expiresAt: number } {
    const expiresAt = this.#clock.now() + lifetimeMs;
    this.#tokens.set(token, { ...(projectId !== undefined && { projectId }), expiresAt, revoked: false });
    return { expiresAt };
  }

  /** A new token with an unguessable name. */
  issue(projectId?: string): { token: string; expiresAt: number } {
    const token = `simulated-${randomBytes(24).toString("base64url")}`;
    return { token, ...this.add(token, projectId) };
  }

  /** From now on it is refused as revoked (401 APIGW.0301). Throws when there is no such token. */
  revoke(token: string): void {
    this.#known(token).revoked = true;
  }

  /** From now on it is refused as expired (401 APIGW.0307). Throws when there is no such token. */
  expire(token: string): void {
    this.#known(token).expiresAt = this.#clock.now();
  }

  #known(token: string): Token {
    const found = this.#tokens.get(token);
    if (!found) throw new Error("the simulator has given out no such token");
    return found;
  }

  /**
   * The project of a valid token.
   *
   * @throws Refusal 403 ModelArts.0203 unknown, 401 APIGW.0301 revoked, 401 APIGW.0307 expired, 400 ModelArts.0204 no project
   */
  projectOf(token: string): string {
    const found = this.#tokens.get(token);
    if (!found) throw new Refusal(403, "ModelArts.0203", "Invalid token.");
    if (found.revoked) {
      throw new Refusal(401, "APIGW.0301", "Incorrect IAM authentication information: the token was revoked");
    }
    if (found.expiresAt <= this.#clock.now()) {
      throw new Refusal(401, "APIGW.0307", "The token must be updated: X-Auth-Token has expired");
    }
    if (found.projectId === undefined) {
      throw new Refusal(400, "ModelArts.0204", "The token carries no project.");
    }
    return found.projectId;
  }
}
