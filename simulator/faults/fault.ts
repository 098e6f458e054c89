import type { Json } from "../json.js";
import type { RouteName } from "../router.js";

/** `before`: the service does nothing. `after`: it carries the request out first. */
export type Moment = "before" | "after";

/** What goes wrong. */
export type Effect =
  /** Answers later, by real time. Goes with any other fault. */
  | { kind: "latency"; ms: number }
  /** Does not answer until it is released; `before` unless told. Goes with any other fault. */
  | { kind: "hang"; when?: Moment }
  /** Breaks the connection with a TCP reset; `mid-answer` closes it after half of the answer's body. `before` unless told. */
  | { kind: "reset"; when?: Moment | "mid-answer" }
  /** 429 APIGW.0308; `retryAfter` is the header's value: seconds or an HTTP date. */
  | { kind: "throttled"; retryAfter?: number | string }
  /** A failure with that status: JSON when it has an error code, else a proxy's HTML page. `before` unless told. */
  | {
      kind: "error";
      status: number;
      errorCode?: string;
      message?: string;
      retryAfter?: number | string;
      when?: Moment;
    }
  /** What comes is no answer, though the request was carried out. Status 200 unless told. */
  | { kind: "garbage"; form: "html" | "truncated-json" | "invalid-json" | "empty"; status?: number }
  /** `is_success: false` with HTTP 200; the service does nothing. ModelArts.0105 unless told. */
  | { kind: "failure-with-200"; errorCode?: string; message?: string }
  /** 401 APIGW.0301 whose body echoes the request's canonical form, credentials in it. */
  | { kind: "unauthorized-echo" }
  /** Exactly this answer; `before` unless told. JSON unless a header says otherwise. */
  | { kind: "answer"; status?: number; headers?: Record<string, string>; body: string; when?: Moment }
  /** The real answer (when it is JSON) with some of its top-level fields replaced (`set`) or left out (`remove`). Goes with any other fault. */
  | { kind: "patch"; set?: Record<string, Json>; remove?: string[] };

/** Which requests a fault is for: those that have all of the given values. */
export interface Target {
  route?: RouteName;
  method?: string;
  projectId?: string;
  jobId?: string;
  versionId?: string;
  /** Only requests that carry this X-Auth-Token. */
  token?: string;
}

export interface Schedule {
  /** Lets so many matching requests pass first; 0 unless told. */
  skip?: number;
  /** Strikes so often; without end unless told. */
  times?: number;
  /** Strikes a matching request with this probability (0 to 1); always unless told. */
  probability?: number;
}

export type FaultSpec = Target & Schedule & Effect;

/** A fault that waits for its requests. */
export interface Fault {
  readonly id: number;
  readonly spec: FaultSpec;
  /** How often it has struck. */
  readonly hits: number;
  /** Resolves as soon as it has struck that often; rejects after `deadlineMs` (10 s unless told) and when it is removed before. */
  reached(hits: number, deadlineMs?: number): Promise<void>;
  /** Lets the requests that it holds go on, and later ones pass; the same as {@link remove}. */
  release(): void;
  /** Ends it: it strikes no more, and what it holds goes on. */
  remove(): void;
}
