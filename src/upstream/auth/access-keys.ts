import { HEADER_SAFE, type ServiceIdentity } from "../../config/index.js";
import type { ServiceAuth } from "./authorization.js";
import { signatureHeaders } from "./signing.js";
import { type WatchedSecretOptions, WatchedSecrets } from "./watched-secrets.js";

export interface AccessKeysOptions extends WatchedSecretOptions {
  keys: Extract<ServiceIdentity, { kind: "ak-sk" }>;
}

/** The upstream takes signatures of about 15 minutes around its own time; a smaller difference is not why it refused. */
const MIN_SKEW_MS = 60_000;

/**
 * Signs with AK and SK. What can be better after a refusal: other keys in their files, and the upstream's time when the
 * clock of this machine is wrong.
 */
export function createAccessKeys({ keys, ...options }: AccessKeysOptions): ServiceAuth {
  const { now } = options.clock;
  const secrets = new WatchedSecrets(
    { ak: keys.ak, sk: keys.sk },
    options,
    (name, text) => name === "sk" || HEADER_SAFE.test(text),
  );
  let skewMs = 0;

  /** Judged by when the refused signature was made: another call may have corrected the time meanwhile. */
  function correctTime(signedAt: number, serverTime: number | undefined): boolean {
    if (serverTime === undefined || Math.abs(serverTime - signedAt) < MIN_SKEW_MS) return false;
    skewMs = serverTime - now();
    return true;
  }

  return {
    ready: async () => {},
    authorize(projectId, { host, ...request }) {
      const used = secrets.current();
      const signedAt = now() + skewMs;
      const signed = { ...request, headers: { Host: host, "X-Project-Id": projectId } };
      return {
        headers: {
          "X-Project-Id": projectId,
          ...signatureHeaders({ ...keys, ...used }, signed, signedAt),
        },
        async renew(serverTime) {
          const timeCorrected = correctTime(signedAt, serverTime);
          return (await secrets.refreshed()) !== used || timeCorrected;
        },
      };
    },
    close: async () => {},
  };
}
