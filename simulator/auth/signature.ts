import { createHmac, timingSafeEqual } from "node:crypto";
import { Refusal } from "../answers.js";
import { canonicalRequest, type SignedParts, sha256Hex } from "./canonical-request.js";

const ALGORITHM = "SDK-HMAC-SHA256";
/** A signature ages out after 15 minutes. */
const MAX_AGE_MS = 15 * 60 * 1_000;

/** An access key and what it may do. */
export interface AccessKey {
  ak: string;
  sk: string;
  projectIds: string[];
}

/** The parts of an `Authorization` header of either dialect. */
interface Authorization {
  dialect: "huaweicloud" | "otc";
  ak: string;
  /** `yyyymmdd/region/service/sdk_request` with `otc`, else empty. */
  scope: string;
  signedHeaders: string[];
  signature: string;
}

export interface SignatureContext {
  /** Milliseconds since the epoch. */
  now: number;
  /** What the scope of an `otc` signature must name. */
  region: string;
  service: string;
  secretOf(ak: string): string | undefined;
}

export type SignedRequest = Omit<SignedParts, "signedHeaders">;

const HEADER =
  /^SDK-HMAC-SHA256 (?:Access=(?<access>[^,\s/]+)|Credential=(?<key>[^,\s/]+)\/(?<scope>\d{8}\/[^,\s/]+\/[^,\s/]+\/sdk_request)), ?SignedHeaders=(?<headers>[a-z0-9;_-]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

const unauthorized = (reason: string): Refusal =>
  new Refusal(401, "APIGW.0301", `Incorrect IAM authentication information: ${reason}`);

function readAuthorization(header: string): Authorization {
  const groups = HEADER.exec(header)?.groups;
  if (!groups) throw unauthorized("the Authorization header is malformed");
  const { access, key, scope = "", headers = "", signature = "" } = groups;
  return {
    dialect: access === undefined ? "otc" : "huaweicloud",
    ak: access ?? key ?? "",
    scope,
    signedHeaders: headers.split(";"),
    signature,
  };
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text, "utf8").digest();

/** The signature that a request should carry. */
function expectedSignature(
  { dialect, scope }: Pick<Authorization, "dialect" | "scope">,
  sk: string,
  dateTime: string,
  canonical: string,
): Buffer {
  const hash = sha256Hex(canonical);
  if (dialect === "huaweicloud") return hmac(sk, `${ALGORITHM}\n${dateTime}\n${hash}`);
  const key = scope.split("/").reduce<string | Buffer>(hmac, `SDK${sk}`);
  return hmac(key, `${ALGORITHM}\n${dateTime}\n${scope}\n${hash}`);
}

function timeOf(dateTime: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(dateTime);
  if (!match) throw unauthorized("X-Sdk-Date must be YYYYMMDD'T'HHMMSS'Z'");
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function checkScope(authorization: Authorization, dateTime: string, context: SignatureContext): void {
  if (authorization.dialect !== "otc") return;
  const expected = `${dateTime.slice(0, 8)}/${context.region}/${context.service}/sdk_request`;
  if (authorization.scope !== expected) throw unauthorized(`the credential scope must be ${expected}`);
}

function checkSignedHeaders({ signedHeaders }: Authorization, headers: SignedParts["headers"]): void {
  for (const name of ["host", "x-sdk-date"]) {
    if (!signedHeaders.includes(name)) throw unauthorized(`the header ${name} must be signed`);
  }
  const absent = signedHeaders.find((name) => headers[name] === undefined);
  if (absent !== undefined) throw unauthorized(`the signed header ${absent} was not sent`);
}

/** The canonical form of a request for echoing it: with the headers that it says are signed, or all of them. */
export function describeRequest(request: SignedRequest): string {
  const groups = HEADER.exec(request.headers.authorization ?? "")?.groups;
  const signedHeaders = groups?.headers?.split(";") ?? Object.keys(request.headers);
  return canonicalRequest({ ...request, signedHeaders });
}

/**
 * Checks a request signed with AK/SK in either dialect, over exactly the bytes that came.
 *
 * @returns the access key that signed it
 * @throws Refusal 403 ModelArts.0206 for an unknown key; 401 APIGW.0301 for a malformed, old or wrong signature, the
 * last with the canonical request in its message
 */
export function verifySignature(request: SignedRequest, context: SignatureContext): string {
  const { headers } = request;
  const authorization = readAuthorization(headers.authorization ?? "");
  const dateTime = headers["x-sdk-date"] ?? "";
  if (Math.abs(context.now - timeOf(dateTime)) > MAX_AGE_MS) throw unauthorized("the signature has expired");
  const sk = context.secretOf(authorization.ak);
  if (sk === undefined) throw new Refusal(403, "ModelArts.0206", "Invalid AK/SK.");
  checkSignedHeaders(authorization, headers);
  checkScope(authorization, dateTime, context);
  const canonical = canonicalRequest({ ...request, signedHeaders: authorization.signedHeaders });
  const expected = expectedSignature(authorization, sk, dateTime, canonical);
  if (!timingSafeEqual(expected, Buffer.from(authorization.signature, "hex"))) {
    throw unauthorized(`verify aksk signature fail, canonicalRequest:${canonical.replaceAll("\n", "|")}`);
  }
  return authorization.ak;
}
