import type {
  EngineSpec,
  JobListQuery,
  JobType,
  JobWithVersions,
  LongId,
  ResourceSpec,
  ResourceSpecQuery,
  TrainingJobPage,
  TrainingJobVersion,
} from "../../../src/domain/index.js";
import type { Sourced, UpstreamCall, UpstreamReads } from "../../../src/ports.js";

/** One call that the upstream got, to be answered by the test. */
export interface ScriptedCall {
  method: keyof UpstreamReads;
  args: unknown[];
  call: UpstreamCall;
  answer(value: unknown): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Lets every continuation that is due run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

/** An upstream that answers when, and what, the test says. */
export class ScriptedUpstream implements UpstreamReads {
  readonly calls: ScriptedCall[] = [];
  /** How often an answer was read again from its text. */
  readAgain = 0;
  /** Answers every call at once when set. */
  answering: ((call: Pick<ScriptedCall, "method" | "args" | "call">) => unknown) | undefined;

  listJobs = (call: UpstreamCall, query: JobListQuery) =>
    this.#record<TrainingJobPage>("listJobs", call, [query]);
  listVersions = (call: UpstreamCall, jobId: LongId) =>
    this.#record<JobWithVersions>("listVersions", call, [jobId]);
  getVersion = (call: UpstreamCall, jobId: LongId, versionId: LongId) =>
    this.#record<TrainingJobVersion>("getVersion", call, [jobId, versionId]);
  listResourceSpecs = (call: UpstreamCall, query: ResourceSpecQuery) =>
    this.#record<ResourceSpec[]>("listResourceSpecs", call, [query]);
  listEngineSpecs = (call: UpstreamCall, jobType: JobType) =>
    this.#record<EngineSpec[]>("listEngineSpecs", call, [jobType]);

  /** The calls of one method so far. */
  of(method: keyof UpstreamReads): ScriptedCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** The latest call. Throws when there was none. */
  get last(): ScriptedCall {
    const last = this.calls.at(-1);
    if (last === undefined) throw new Error("the upstream was not called");
    return last;
  }

  #sourced(value: unknown): Sourced<unknown> {
    const text = JSON.stringify(value);
    const read = () => {
      this.readAgain += 1;
      return JSON.parse(text);
    };
    return { value, source: { characters: text.length, read } };
  }

  #record<T>(method: keyof UpstreamReads, call: UpstreamCall, args: unknown[]): Promise<Sourced<T>> {
    return new Promise<unknown>((resolve, reject) => {
      const recorded = {
        method,
        args,
        call,
        answer: async (value: unknown) => {
          resolve(this.#sourced(value));
          await settle();
        },
        async fail(error: unknown) {
          reject(error);
          await settle();
        },
      };
      call.signal?.addEventListener("abort", () => reject(call.signal?.reason));
      this.calls.push(recorded);
      if (this.answering) {
        const answer = this.answering(recorded);
        resolve(
          answer instanceof Promise ? answer.then((value) => this.#sourced(value)) : this.#sourced(answer),
        );
      }
    }) as Promise<Sourced<T>>;
  }
}
