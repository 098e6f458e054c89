/** The vendor's table of job statuses, without the prefix `JOBSTAT_`. */
export const STATUS = {
  UNKNOWN: 0,
  INIT: 1,
  IMAGE_CREATING: 2,
  IMAGE_FAILED: 3,
  SUBMIT_TRYING: 4,
  SUBMIT_FAILED: 5,
  DELETE_FAILED: 6,
  WAITING: 7,
  RUNNING: 8,
  KILLING: 9,
  COMPLETED: 10,
  FAILED: 11,
  KILLED: 12,
  CANCELED: 13,
  LOST: 14,
  SCALING: 15,
  SUBMIT_MODEL_FAILED: 16,
  DEPLOY_SERVICE_FAILED: 17,
  CHECK_INIT: 18,
  CHECK_RUNNING: 19,
  CHECK_RUNNING_COMPLETED: 20,
  CHECK_FAILED: 21,
} as const;

const FINAL = new Set<number>([
  STATUS.IMAGE_FAILED,
  STATUS.SUBMIT_FAILED,
  STATUS.DELETE_FAILED,
  STATUS.COMPLETED,
  STATUS.FAILED,
  STATUS.KILLED,
  STATUS.CANCELED,
  STATUS.LOST,
  STATUS.SUBMIT_MODEL_FAILED,
  STATUS.DEPLOY_SERVICE_FAILED,
  STATUS.CHECK_FAILED,
]);

/** True for the statuses that end a life. */
export const isFinal = (status: number): boolean => FINAL.has(status);

/** From `at` (ms since the epoch) on the version has this status. */
export interface Step {
  at: number;
  status: number;
}

/** A whole life, planned ahead: oldest step first, never empty. What a version is at a given time follows from it alone. */
export type Timeline = readonly [Step, ...Step[]];

/** How a life ends. `waits` stays in the queue until it is stopped, as with a specification that is sold out. */
export const OUTCOMES = [
  "completed",
  "failed",
  "image-failed",
  "submit-failed",
  "canceled",
  "lost",
  "waits",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** How long each phase lasts, in milliseconds. Infinity holds a version in that phase. */
export interface Pace {
  init: number;
  image: number;
  submit: number;
  wait: number;
  run: number;
  kill: number;
  delete: number;
}

/** About 20 s from INIT to COMPLETED. */
export const DEFAULT_PACE: Pace = {
  init: 3_000,
  image: 4_000,
  submit: 3_000,
  wait: 5_000,
  run: 9_000,
  kill: 3_000,
  delete: 2_000,
};

/** Every phase `timeScale` times as fast; 0 holds every version where it is. */
export function scaledPace(timeScale: number, pace: Partial<Pace> = {}): Pace {
  const scaled = { ...DEFAULT_PACE, ...pace };
  for (const phase of Object.keys(DEFAULT_PACE) as (keyof Pace)[]) {
    scaled[phase] = timeScale === 0 ? Number.POSITIVE_INFINITY : scaled[phase] / timeScale;
  }
  return scaled;
}

/** The phases of a life with their lengths, and the status after the last of them. */
function phasesOf(outcome: Outcome, pace: Pace, customImage: boolean): [number, number][] {
  const init: [number, number] = [STATUS.INIT, pace.init];
  const image: [number, number] = [STATUS.IMAGE_CREATING, pace.image];
  const submit: [number, number] = [STATUS.SUBMIT_TRYING, pace.submit];
  const wait: [number, number] = [STATUS.WAITING, pace.wait];
  const run: [number, number] = [STATUS.RUNNING, pace.run];
  const begin = customImage ? [init, image] : [init];
  switch (outcome) {
    case "completed":
      return [...begin, submit, wait, run, [STATUS.COMPLETED, 0]];
    case "failed":
      return [...begin, submit, wait, [STATUS.RUNNING, pace.run / 2], [STATUS.FAILED, 0]];
    case "lost":
      return [...begin, submit, wait, [STATUS.RUNNING, pace.run / 2], [STATUS.LOST, 0]];
    case "canceled":
      return [...begin, submit, wait, [STATUS.CANCELED, 0]];
    case "image-failed":
      return [init, image, [STATUS.IMAGE_FAILED, 0]];
    case "submit-failed":
      return [...begin, submit, [STATUS.SUBMIT_FAILED, 0]];
    case "waits":
      return [...begin, submit, [STATUS.WAITING, 0]];
  }
}

/** The life of a version that is created at `createdAt`. */
export function planLife(createdAt: number, outcome: Outcome, pace: Pace, customImage: boolean): Timeline {
  let at = createdAt;
  const steps = phasesOf(outcome, pace, customImage).map(([status, lasts]) => {
    const step = { at, status };
    at += lasts;
    return step;
  });
  const [first, ...rest] = steps;
  return [first ?? { at: createdAt, status: STATUS.INIT }, ...rest];
}

/** The status at a time; before the first step it is the first. */
export function statusAt(timeline: Timeline, now: number): number {
  return (timeline.findLast((step) => step.at <= now) ?? timeline[0]).status;
}

/** When the version began to run, if it has by then. */
export function startedAt(timeline: Timeline, now: number): number | undefined {
  return timeline.find((step) => step.status === STATUS.RUNNING && step.at <= now)?.at;
}

/** How long it has been running, or ran, in ms; 0 before. */
export function durationAt(timeline: Timeline, now: number): number {
  const start = startedAt(timeline, now);
  if (start === undefined) return 0;
  const end = timeline.find((step) => step.at >= start && step.at <= now && isFinal(step.status))?.at;
  return (end ?? now) - start;
}

/** What has happened by `now`, and nothing that was still to come. */
function pastOf(timeline: Timeline, now: number): Timeline {
  return [timeline[0], ...timeline.slice(1).filter((step) => step.at <= now)];
}

/** The rest of the life from `now` on is `steps`. */
export function continueWith(timeline: Timeline, now: number, ...steps: Step[]): Timeline {
  return [...pastOf(timeline, now), ...steps];
}

/** Stops a version that has not ended: KILLING now, KILLED a little later. */
export function stopLife(timeline: Timeline, now: number, pace: Pace): Timeline {
  return continueWith(
    timeline,
    now,
    { at: now, status: STATUS.KILLING },
    { at: now + pace.kill, status: STATUS.KILLED },
  );
}
