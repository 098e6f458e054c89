import type { RedisConnection } from "../../redis.js";
import { jobKeyText } from "../job-key.js";
import type { JobKey } from "../ports.js";

/** Where everything about one job lives: in one slot of a cluster. */
export function jobKeys({ keyPrefix }: RedisConnection, job: JobKey) {
  const base = `${keyPrefix}watch:{${jobKeyText(job)}}`;
  return {
    head: `${base}:head`,
    states: `${base}:states`,
    log: `${base}:log`,
    lease: `${base}:lease`,
    leaseInfo: `${base}:lease-info`,
  };
}

export function throttleKey({ keyPrefix }: RedisConnection, projectId: string): string {
  return `${keyPrefix}watch:{${projectId}}:throttle`;
}

/** One channel for all jobs: messages are short and few, and no replica has to subscribe job by job. */
export function wakeChannel({ keyPrefix }: RedisConnection): string {
  return `${keyPrefix}watch:wake`;
}
