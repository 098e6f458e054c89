import type { RedisConnection } from "../../redis.js";
import { jobKeyText } from "../job-key.js";
import type { JobKey } from "../ports.js";

/**
 * Changes with the format of what is kept of watched jobs: to a release of another format nothing of it is there. So two
 * that run side by side poll a job each, and neither waits for events that only the other one's history gets.
 */
const FORMAT = "watch1";

/** Where everything about one job lives: in one slot of a cluster. */
export function jobKeys({ keyPrefix }: RedisConnection, job: JobKey) {
  const base = `${keyPrefix}${FORMAT}:{${jobKeyText(job)}}`;
  return {
    head: `${base}:head`,
    states: `${base}:states`,
    log: `${base}:log`,
    lease: `${base}:lease`,
    leaseInfo: `${base}:lease-info`,
  };
}

export function throttleKey({ keyPrefix }: RedisConnection, projectId: string): string {
  return `${keyPrefix}${FORMAT}:{${projectId}}:throttle`;
}

/** One channel for all jobs: messages are short and few, and no replica has to subscribe job by job. */
export function wakeChannel({ keyPrefix }: RedisConnection): string {
  return `${keyPrefix}${FORMAT}:wake`;
}
