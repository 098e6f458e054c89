import type { ErrorCode } from "../../errors.js";

/** What a caller is told when the upstream refuses: the code of the catalogue, and a sentence that helps. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

const INVALID_CREDENTIAL: Refusal = {
  code: "UNAUTHENTICATED",
  message: "ModelArts did not accept the credential: it is invalid or has expired. Send a new one.",
};
const NO_PROJECT_IN_TOKEN: Refusal = {
  code: "UNAUTHENTICATED",
  message: "The token carries no project: get one that is scoped to the project.",
};
const NOT_ALLOWED: Refusal = {
  code: "FORBIDDEN",
  message: "ModelArts does not allow this with the given credential.",
};
const OTHER_PROJECT: Refusal = {
  code: "FORBIDDEN",
  message: "ModelArts does not allow this: the project and the credential do not belong together.",
};
const NOT_FOUND: Refusal = { code: "NOT_FOUND", message: "ModelArts has no such job or version." };
const NAME_TAKEN: Refusal = { code: "CONFLICT", message: "A job of that name exists already." };
const CONFLICT: Refusal = {
  code: "CONFLICT",
  message: "ModelArts refused: this conflicts with what is there.",
};
const QUOTA: Refusal = { code: "QUOTA_EXCEEDED", message: "The project's ModelArts quota is used up." };
const THROTTLED: Refusal = {
  code: "RATE_LIMITED",
  message: "ModelArts is throttling calls: repeat the operation later.",
};
const UNAVAILABLE: Refusal = { code: "UPSTREAM_UNAVAILABLE", message: "ModelArts failed on its side." };
const REJECTED: Refusal = { code: "UPSTREAM_REJECTED", message: "ModelArts rejected the request." };

/** Codes that decide whatever the HTTP status is; from the vendor's pages "Error Codes" of ModelArts and API Gateway. */
const BY_ERROR_CODE: ReadonlyMap<string, Refusal> = new Map([
  ["ModelArts.0203", INVALID_CREDENTIAL],
  ["ModelArts.0204", NO_PROJECT_IN_TOKEN],
  ["ModelArts.0206", INVALID_CREDENTIAL],
  ["APIGW.0301", INVALID_CREDENTIAL],
  ["APIGW.0307", INVALID_CREDENTIAL],
  ["ModelArts.0108", NOT_ALLOWED],
  ["ModelArts.0112", NOT_ALLOWED],
  ["ModelArts.0210", OTHER_PROJECT],
  ["ModelArts.0015", NOT_FOUND],
  ["ModelArts.2775", NOT_FOUND],
  ["ModelArts.0103", NAME_TAKEN],
  ["ModelArts.0116", QUOTA],
  ["ModelArts.0118", QUOTA],
  ["APIGW.0308", THROTTLED],
  ["ModelArts.0010", UNAVAILABLE],
]);

/** Statuses that decide where no listed code does. */
const BY_STATUS: ReadonlyMap<number, Refusal> = new Map([
  [401, INVALID_CREDENTIAL],
  [403, NOT_ALLOWED],
  [409, CONFLICT],
  [429, THROTTLED],
]);

const KNOWN_FAMILY = /^(?:ModelArts|APIGW)\./;

/** True for a code of the service itself, not of the gateway in front of it. */
export function isModelArtsCode(errorCode: string | undefined): boolean {
  return errorCode?.startsWith("ModelArts.") ?? false;
}

/**
 * What a refusal amounts to: the error code decides before the HTTP status.
 *
 * @param saysFailure the body is JSON and says that the call failed
 * @returns undefined for an answer that is none of the upstream's own: a proxy's page, a wrong path
 */
export function refusalOf(
  status: number,
  errorCode: string | undefined,
  saysFailure: boolean,
): Refusal | undefined {
  const decided = BY_ERROR_CODE.get(errorCode ?? "") ?? BY_STATUS.get(status);
  if (decided) return decided;
  if (status >= 500) return UNAVAILABLE;
  if (status === 404 && isModelArtsCode(errorCode)) return NOT_FOUND;
  const isClientError = status >= 400 && errorCode !== undefined && KNOWN_FAMILY.test(errorCode);
  return isClientError || saysFailure ? REJECTED : undefined;
}
