import { HEADER_SAFE, type Secret } from "../../config/index.js";
import type { ServiceAuth } from "./authorization.js";
import { type WatchedSecretOptions, WatchedSecrets } from "./watched-secrets.js";

export interface StaticTokenOptions extends WatchedSecretOptions {
  token: Secret;
}

/** An IAM token that somebody else renews, in its file if at all. */
export function createStaticToken({ token, ...options }: StaticTokenOptions): ServiceAuth {
  const secrets = new WatchedSecrets({ token }, options, (_, text) => HEADER_SAFE.test(text));
  return {
    ready: async () => {},
    authorize() {
      const used = secrets.current();
      return {
        headers: { "X-Auth-Token": used.token },
        renew: async () => (await secrets.refreshed()) !== used,
      };
    },
    close: async () => {},
  };
}
