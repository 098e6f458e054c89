import { createHmac } from "node:crypto";
import { canonicalRequest, type SignableRequest, sha256Hex } from "./canonical-request.js";

/** An access key, and how requests are signed with it. */
export type SigningIdentity = { ak: string; sk: string } & (
  | { dialect: "huaweicloud" }
  | { dialect: "otc"; region: string }
);

const ALGORITHM = "SDK-HMAC-SHA256";

/** The service's name in the credential scope of the dialect `otc`. */
const SERVICE = "modelarts";

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** `YYYYMMDD'T'HHMMSS'Z'`, UTC. */
export function basicDateTime(epochMillis: number): string {
  return new Date(epochMillis).toISOString().replace(/[-:]|\.\d+/g, "");
}

function signHuaweiCloud(identity: SigningIdentity, dateTime: string, request: SignableRequest): string {
  const { text, signedHeaders } = canonicalRequest(request);
  const stringToSign = [ALGORITHM, dateTime, sha256Hex(text)].join("\n");
  const signature = hmac(identity.sk, stringToSign).toString("hex");
  return `${ALGORITHM} Access=${identity.ak}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function signOtc(
  identity: SigningIdentity & { dialect: "otc" },
  dateTime: string,
  request: SignableRequest,
  service: string,
): string {
  const { text, signedHeaders } = canonicalRequest(request);
  const scopeParts = [dateTime.slice(0, 8), identity.region, service, "sdk_request"];
  const scope = scopeParts.join("/");
  const stringToSign = [ALGORITHM, dateTime, scope, sha256Hex(text)].join("\n");
  const key = scopeParts.reduce<string | Buffer>((derived, part) => hmac(derived, part), `SDK${identity.sk}`);
  const signature = hmac(key, stringToSign).toString("hex");
  return `${ALGORITHM} Credential=${identity.ak}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

/**
 * The headers `X-Sdk-Date` and `Authorization` of a request signed at that moment, in the identity's dialect.
 * A signature ages out after about 15 minutes: sign each attempt anew.
 *
 * @param request with every header that shall be signed, but for `X-Sdk-Date`, which is always added
 */
export function signatureHeaders(
  identity: SigningIdentity,
  request: SignableRequest,
  epochMillis: number,
  service = SERVICE,
): { "X-Sdk-Date": string; Authorization: string } {
  const dateTime = basicDateTime(epochMillis);
  const dated = { ...request, headers: { ...request.headers, "X-Sdk-Date": dateTime } };
  const authorization =
    identity.dialect === "otc"
      ? signOtc(identity, dateTime, dated, service)
      : signHuaweiCloud(identity, dateTime, dated);
  return { "X-Sdk-Date": dateTime, Authorization: authorization };
}
