import type { LongId } from "../domain/index.js";
import type { Route, RouteGroup } from "./events.js";
import type { JsonObject } from "./json.js";

/** One call of the REST API, before it is signed and sent. */
export interface RestRequest {
  route: Route;
  group: RouteGroup;
  method: "GET" | "POST";
  /** Below `/v1/{project_id}`; made of constants and checked ids alone. */
  path: string;
  query?: readonly (readonly [name: string, value: string])[];
  /** The exact text of the body; none at all when absent. */
  body?: string;
}

/** Query parameters of those values that are given. */
export function givenQuery(values: Record<string, string | number | undefined>): [string, string][] {
  const given: [string, string][] = [];
  for (const name in values) if (values[name] !== undefined) given.push([name, String(values[name])]);
  return given;
}

/** The path of a job's versions. */
export function versionsPath(jobId: LongId): string {
  return `/training-jobs/${jobId}/versions`;
}

/** An answer that tells of success. */
export interface RestAnswer {
  /** Empty where there is no JSON object in the text. */
  body: JsonObject;
  text: string;
}

/** Makes calls with retries, circuits and error mapping. */
export interface Requester<Call> {
  /** When a lookup that begins now must have its answer (ms since the epoch). */
  deadline(): number;
  read(call: Call, request: RestRequest, deadline?: number): Promise<RestAnswer>;
  /** Sent once, never cancelled once begun. */
  write(call: Call, request: RestRequest): Promise<RestAnswer>;
}
