import type { Clock } from "../../../clock.js";
import { HEADER_SAFE, type IamLogin } from "../../../config/index.js";
import type { LoginOutcome } from "../../events.js";
import { asObject, parseObject } from "../../json.js";
import { dateOf, parseRetryAfter } from "../../resilience/retry-after.js";
import { type HttpAnswer, type Transport, TransportError } from "../../transport/messages.js";

/** A token as IAM gave it out. */
export interface IssuedToken {
  token: string;
  /** How long it is valid, counted from when it was asked for (ms). */
  lifetimeMs: number;
}

/**
 * Why there is no token. `rejected`: IAM does not let this user into that project. `unavailable`: no answer, 429 or 5xx.
 * `invalid-answer`: what came is none of IAM's.
 */
export type LoginProblem = Exclude<LoginOutcome, "success">;

/** Carries nothing of what was sent or answered. */
export class LoginFailure extends Error {
  override readonly name = "LoginFailure";

  constructor(
    readonly problem: LoginProblem,
    readonly status?: number,
    readonly retryAfterMs?: number,
  ) {
    super(`No token: ${problem}`);
  }
}

export interface IamClientOptions {
  login: IamLogin;
  /** To the origin of the login's endpoint. */
  transport: Transport;
  timeoutMs: number;
  clock: Pick<Clock, "now">;
}

function loginBody({ username, domainName, projectName }: IamLogin, password: string): string {
  const user = { name: username, password, domain: { name: domainName } };
  return JSON.stringify({
    auth: {
      identity: { methods: ["password"], password: { user } },
      scope: { project: { name: projectName } },
    },
  });
}

function refusedLogin({ status, headers }: HttpAnswer, now: number): LoginFailure {
  if (status === 429 || status >= 500)
    return new LoginFailure("unavailable", status, parseRetryAfter(headers, now));
  return new LoginFailure(status >= 400 ? "rejected" : "invalid-answer", status);
}

/** By IAM's own clock where it tells the time, so that the two need not agree. */
function lifetimeOf(answer: HttpAnswer, now: number): number | undefined {
  const expiresAt = asObject(parseObject(answer.body)?.token)?.expires_at;
  const time = typeof expiresAt === "string" ? Date.parse(expiresAt) : Number.NaN;
  return Number.isNaN(time) ? undefined : time - (dateOf(answer.headers) ?? now);
}

function issuedToken(answer: HttpAnswer, now: number): IssuedToken {
  if (answer.status < 200 || answer.status >= 300) throw refusedLogin(answer, now);
  const token = answer.headers["x-subject-token"];
  const lifetimeMs = lifetimeOf(answer, now);
  if (typeof token !== "string" || !HEADER_SAFE.test(token) || lifetimeMs === undefined || lifetimeMs <= 0)
    throw new LoginFailure("invalid-answer", answer.status);
  return { token, lifetimeMs };
}

/**
 * Logs in to IAM with a password, for a token of one project: `POST /v3/auth/tokens`, the vendor's page "Obtaining a User
 * Token Through Password Authentication".
 *
 * @returns a function that makes one login; it rejects with a {@link LoginFailure}, or with the signal's reason
 */
export function createIamClient({ login, transport, timeoutMs, clock }: IamClientOptions) {
  const basePath = new URL(login.endpoint).pathname.replace(/\/+$/, "");
  return async (password: string, signal: AbortSignal): Promise<IssuedToken> => {
    const request = {
      method: "POST" as const,
      path: `${basePath}/v3/auth/tokens`,
      headers: { "Content-Type": "application/json" },
      body: loginBody(login, password),
    };
    try {
      return issuedToken(await transport.send(request, { timeoutMs, signal }), clock.now());
    } catch (error) {
      if (error instanceof TransportError) throw new LoginFailure("unavailable");
      throw error;
    }
  };
}
