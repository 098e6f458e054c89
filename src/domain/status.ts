/** Name, upstream number and finality of each status, from the vendor's table of job statuses (JOBSTAT_*). */
const STATUSES = [
  ["UNKNOWN", 0, false],
  ["INIT", 1, false],
  ["IMAGE_CREATING", 2, false],
  ["IMAGE_FAILED", 3, true],
  ["SUBMIT_TRYING", 4, false],
  ["SUBMIT_FAILED", 5, true],
  ["DELETE_FAILED", 6, true],
  ["WAITING", 7, false],
  ["RUNNING", 8, false],
  ["KILLING", 9, false],
  ["COMPLETED", 10, true],
  ["FAILED", 11, true],
  ["KILLED", 12, true],
  ["CANCELED", 13, true],
  ["LOST", 14, true],
  ["SCALING", 15, false],
  ["SUBMIT_MODEL_FAILED", 16, true],
  ["DEPLOY_SERVICE_FAILED", 17, true],
  ["CHECK_INIT", 18, false],
  ["CHECK_RUNNING", 19, false],
  ["CHECK_RUNNING_COMPLETED", 20, false],
  ["CHECK_FAILED", 21, true],
] as const;

/** The vendor's status name without its prefix `JOBSTAT_`. */
export type TrainingJobStatus = (typeof STATUSES)[number][0];

/** What one status number of the upstream means. */
export interface StatusMeaning {
  status: TrainingJobStatus;
  /** The upstream's number, also where it is one that the vendor's table does not list. */
  statusCode: number;
  /** True when the status will not change again by itself. */
  terminal: boolean;
}

/** Every status name, in the order of the upstream's numbers. */
export const STATUS_NAMES: readonly TrainingJobStatus[] = STATUSES.map(([name]) => name);

/** The meaning of an upstream status number; one that is not listed is UNKNOWN and not terminal. */
export function statusFromCode(statusCode: number): StatusMeaning {
  const known = STATUSES[statusCode];
  return { status: known?.[0] ?? "UNKNOWN", statusCode, terminal: known?.[2] ?? false };
}

/** The upstream's number of a status. */
export function codeOfStatus(status: TrainingJobStatus): number {
  return STATUS_NAMES.indexOf(status);
}
