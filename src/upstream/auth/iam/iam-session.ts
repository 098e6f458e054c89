import type { Clock } from "../../../clock.js";
import type { IamLogin } from "../../../config/index.js";
import { GatewayError } from "../../../errors.js";
import type { UpstreamEvents } from "../../events.js";
import { createTransport } from "../../transport/transport.js";
import { type Authorization, IdentityUnavailable, type ServiceAuth } from "../authorization.js";
import { type SecretValues, type WatchedSecretOptions, WatchedSecrets } from "../watched-secrets.js";
import { createIamClient, LoginFailure } from "./iam-client.js";
import { LoginPace } from "./login-pace.js";

export interface IamSessionOptions extends WatchedSecretOptions {
  login: IamLogin;
  /** Of one login. */
  timeoutMs: number;
  clock: Clock;
  /** From 0 to 1; spreads logins. */
  random: () => number;
  events: Pick<UpstreamEvents, "login">;
}

/** A token in use. */
interface Held {
  readonly token: string;
  readonly obtainedAt: number;
  /** From then on another one is asked for while this one still serves. */
  readonly refreshAt: number;
  readonly usableUntil: number;
  refused: boolean;
}

/** The parts of a token's life between which its renewal begins. */
const REFRESH_FROM = 0.75;
const REFRESH_TO = 0.9;

/** A token is not used so shortly before its end: it must still hold when the call arrives. */
const MAX_MARGIN_MS = 10_000;

/**
 * A token by password login, shared by all calls: asked for when the first call needs it, renewed by one login ahead of its
 * end while calls go on with the old one, and once when the upstream refuses it.
 */
class IamSession implements ServiceAuth {
  readonly #transport;
  readonly #logIn;
  readonly #secrets: WatchedSecrets<"password">;
  readonly #pace: LoginPace;
  readonly #lifetime = new AbortController();
  #held: Held | undefined;
  #loggingIn: Promise<void> | undefined;
  /** The values with which IAM did not let this user in. */
  #rejected: SecretValues<"password"> | undefined;

  constructor(private readonly options: IamSessionOptions) {
    const { login, timeoutMs, clock, random } = options;
    const { endpoint } = login;
    this.#transport = createTransport({ endpoint, connections: 1, connectTimeoutMs: timeoutMs, clock });
    this.#logIn = createIamClient({ login, transport: this.#transport, timeoutMs, clock });
    this.#secrets = new WatchedSecrets({ password: login.password }, options);
    this.#pace = new LoginPace(random);
  }

  async ready(): Promise<void> {
    const held = this.#held;
    const now = this.options.clock.now();
    if (!held || held.refused || now >= held.usableUntil) return this.#renewed();
    if (now >= held.refreshAt) this.#renewed().catch(() => {});
  }

  authorize(): Authorization {
    const held = this.#held;
    if (!held) throw new Error("A call was authorized before the login");
    return { headers: { "X-Auth-Token": held.token }, renew: () => this.#replaced(held) };
  }

  async close(): Promise<void> {
    this.#lifetime.abort(
      new GatewayError("UPSTREAM_UNAVAILABLE", "This gateway is shutting down.", { outcome: "not-sent" }),
    );
    await this.#transport.close();
  }

  async #replaced(refused: Held): Promise<boolean> {
    if (this.#held !== refused) return true;
    if (!refused.refused) this.#pace.refused(this.options.clock.now(), refused.obtainedAt);
    refused.refused = true;
    return this.#renewed().then(
      () => true,
      () => false,
    );
  }

  /** Joins the login under way, or begins one if it is not too early. */
  #renewed(): Promise<void> {
    const { signal } = this.#lifetime;
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#loggingIn) return this.#loggingIn;
    if (this.#rejected && this.#rejected !== this.#secrets.current()) this.#forgive();
    const waitMs = this.#pace.waitMs(this.options.clock.now());
    if (waitMs > 0) return Promise.reject(new IdentityUnavailable(this.#pace.worthWaiting, waitMs));
    this.#loggingIn = this.#login().finally(() => {
      this.#loggingIn = undefined;
    });
    return this.#loggingIn;
  }

  #forgive(): void {
    this.#rejected = undefined;
    this.#pace.reset();
  }

  async #login(): Promise<void> {
    const secrets = await this.#secrets.refreshed();
    const askedAt = this.options.clock.now();
    try {
      const { token, lifetimeMs } = await this.#logIn(secrets.password, this.#lifetime.signal);
      this.#hold(token, askedAt, lifetimeMs);
    } catch (error) {
      if (!(error instanceof LoginFailure)) throw error;
      throw this.#failed(error, secrets);
    }
  }

  #hold(token: string, obtainedAt: number, lifetimeMs: number): void {
    const part = REFRESH_FROM + this.options.random() * (REFRESH_TO - REFRESH_FROM);
    this.#held = {
      token,
      obtainedAt,
      refreshAt: obtainedAt + lifetimeMs * part,
      usableUntil: obtainedAt + lifetimeMs - Math.min(MAX_MARGIN_MS, lifetimeMs / 10),
      refused: false,
    };
    this.#rejected = undefined;
    this.#pace.succeeded();
    this.options.events.login("success");
    this.options.log.info({ event: "iam_login", lifetimeMs }, "Logged in to IAM.");
  }

  #failed(
    { problem, status, retryAfterMs }: LoginFailure,
    secrets: SecretValues<"password">,
  ): IdentityUnavailable {
    const now = this.options.clock.now();
    const rejected = problem === "rejected";
    this.#rejected = rejected ? secrets : undefined;
    this.#pace.failed(now, { rejected, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    const nextInMs = this.#pace.waitMs(now);
    this.options.events.login(problem);
    this.options.log[rejected ? "error" : "warn"](
      { event: "iam_login_failed", problem, status, nextInMs },
      rejected ? "IAM does not let this gateway's user in." : "The login to IAM failed.",
    );
    return new IdentityUnavailable(!rejected, nextInMs);
  }
}

/** Makes no login before the first call that needs it. */
export function createIamSession(options: IamSessionOptions): ServiceAuth {
  return new IamSession(options);
}
