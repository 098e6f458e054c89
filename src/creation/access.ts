import type { Caller, JobWithVersions, LongId } from "../domain/index.js";
import { hasCode } from "../errors.js";
import type { Proofs, UpstreamCall } from "../ports.js";

/** A list of the job's versions from the upstream itself, past every cache. */
export type ListVersions = (call: UpstreamCall, jobId: LongId) => Promise<JobWithVersions>;

/** Looks at a job with the caller's own credential, and with that proves his access to it. */
export interface JobAccess {
  /** A list that the upstream was asked for after this call. */
  list(call: UpstreamCall, jobId: LongId): Promise<JobWithVersions>;
  /** Resolves when the caller has a proof of access that holds; asks the upstream where he has none. */
  prove(call: UpstreamCall, jobId: LongId): Promise<void>;
}

export function createJobAccess({
  listVersions,
  proofs,
}: {
  listVersions: ListVersions;
  proofs: Proofs;
}): JobAccess {
  const proving = new Map<string, Promise<JobWithVersions>>();

  async function list(call: UpstreamCall, jobId: LongId): Promise<JobWithVersions> {
    try {
      const job = await listVersions(call, jobId);
      proofs.record(call.caller, { jobId });
      return job;
    } catch (error) {
      if (hasCode(error, "UNAUTHENTICATED") || hasCode(error, "FORBIDDEN"))
        proofs.revoke(call.caller, { jobId });
      throw error;
    }
  }

  /** Many repeats of one caller at once need one proof. */
  function listOnce(call: UpstreamCall, jobId: LongId): Promise<JobWithVersions> {
    const name = nameOf(call.caller, jobId);
    const running = proving.get(name);
    if (running) return running;
    const started = list(call, jobId).finally(() => proving.delete(name));
    proving.set(name, started);
    return started;
  }

  return {
    list,
    async prove(call, jobId) {
      if (!(await proofs.holds(call.caller, { jobId }))) await listOnce(call, jobId);
    },
  };
}

function nameOf({ projectId, credentialId }: Caller, jobId: LongId): string {
  return `${projectId}/${jobId}/${credentialId}`;
}
