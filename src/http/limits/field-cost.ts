import { coverageOfField } from "../../domain/index.js";

/** What a field can cost in upstream calls, and how many items its value can hold. */
export interface FieldCost {
  /** Upstream calls that resolving the field once can need at worst. */
  calls?: number;
  /**
   * Upstream calls that each item can need besides, given the names of the fields that are selected on it: what
   * brought the item may not hold all of its fields.
   */
  itemCalls?: (selected: ReadonlySet<string>) => number;
  /** Where the number of items comes from: the argument `perPage` of this field, or of the field above it. Else one item. */
  page?: "own" | "above";
}

/** The upstream's list of jobs holds some fields of a job's current version; the rest needs a call. */
function callBeyondJobList(selected: ReadonlySet<string>): number {
  return [...selected].some((name) => coverageOfField(name) !== "summary") ? 1 : 0;
}

/** The upstream's list of versions holds nearly every field. */
function callBeyondVersionList(selected: ReadonlySet<string>): number {
  return [...selected].some((name) => coverageOfField(name) === "details") ? 1 : 0;
}

/** The rules that look things up: resource specs, engines, the job's versions, and the previous version where that list is incomplete. */
const RULE_CALLS = 4;
/** The creation itself, and the list of versions that a repeat after an unknown outcome begins with. */
const CREATION_CALLS = 2;

/** What each field costs by `Type.field`. A field that is not listed is a plain one: what brought its object holds it. */
export const FIELD_COSTS: Readonly<Record<string, FieldCost>> = {
  "Query.trainingJob": { calls: 1 },
  "Query.trainingJobs": { calls: 1 },
  "Query.trainingJobVersion": { calls: 1 },
  "Query.resourceSpecs": { calls: 1 },
  "Query.engineSpecs": { calls: 1 },
  "Query.validateTrainingJobVersion": { calls: RULE_CALLS },
  "Mutation.createTrainingJobVersion": { calls: RULE_CALLS + CREATION_CALLS },
  "Mutation.stopTrainingJobVersion": { calls: 1 },
  "Subscription.trainingJobVersionStatusChanged": { calls: 1 },
  "Subscription.trainingJobStatusChanged": { calls: 1 },
  "CreateTrainingJobVersionPayload.version": { calls: 1 },
  "StopTrainingJobVersionPayload.version": { calls: 1 },
  "TrainingJobPage.jobs": { page: "above" },
  "TrainingJob.currentVersion": { itemCalls: callBeyondJobList },
  "TrainingJob.versions": { calls: 1, itemCalls: callBeyondVersionList, page: "own" },
  "TrainingJobVersion.preVersion": { calls: 1 },
  "TrainingJobVersion.resourceSpec": { calls: 1 },
  "TrainingJobStatusEvent.version": { calls: 1 },
};
