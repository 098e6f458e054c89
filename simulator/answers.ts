import type { Json, JsonObject } from "./json.js";

/** What a route answers, before it becomes bytes. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: JsonObject;
}

/** `"is_success": true` with the given members beside it. */
export function success(members: JsonObject = {}): Answer {
  return { status: 200, body: { is_success: true, ...members } };
}

/** A documented failure: thrown by whatever finds it, turned into an answer in one place. */
export class Refusal extends Error {
  readonly status: number;
  /** `ModelArts.NNNN` or `APIGW.NNNN`. */
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** ModelArts.0101: the argument is missing or of the wrong form. */
export const invalidArgument = (message: string): Refusal => new Refusal(400, "ModelArts.0101", message);

/** ModelArts.0104: the parameter is of the wrong JSON type, or does not go with another one. */
export const parameterError = (message: string): Refusal => new Refusal(400, "ModelArts.0104", message);

/** ModelArts.0107: well-formed, but a value that is not allowed. */
export const invalidValue = (message: string): Refusal => new Refusal(400, "ModelArts.0107", message);

/** ModelArts.0015: there is no such resource. */
export const notFound = (message: string): Refusal => new Refusal(404, "ModelArts.0015", message);

/**
 * The body of a failure. The API gateway in front of the service says `error_msg` and its own request id; the service says
 * `error_message`, except that its list of versions says `error_msg` too.
 */
export function failureBody(refusal: Refusal, requestId: string, textMember: string): Record<string, Json> {
  if (refusal.code.startsWith("APIGW.")) {
    return { error_msg: refusal.message, error_code: refusal.code, request_id: requestId };
  }
  return { is_success: false, [textMember]: refusal.message, error_code: refusal.code };
}
