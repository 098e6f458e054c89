import { registerEnumType } from "type-graphql";
import type {
  JobType as JobTypeName,
  TrainingJobSortField as SortFieldName,
  TrainingJobStatus as StatusName,
} from "../domain/index.js";

type NamesOf<Name extends string> = { readonly [N in Name]: N };
type Descriptions<Name extends string> = Record<Name, { description: string }>;

/** Registers an enum whose values inside the gateway are its names, and returns it. */
function namedEnum<Name extends string>(
  name: string,
  description: string,
  values: Record<Name, string>,
): NamesOf<Name> {
  const names = Object.keys(values) as Name[];
  const enumObject = Object.fromEntries(names.map((value) => [value, value])) as NamesOf<Name>;
  const valuesConfig = Object.fromEntries(
    names.map((value) => [value, { description: values[value] }]),
  ) as Descriptions<Name>;
  registerEnumType(enumObject, { name, description, valuesConfig });
  return enumObject;
}

/** The statuses of the vendor's table, without the prefix `JOBSTAT_`. */
export const TrainingJobStatus = namedEnum<StatusName>(
  "TrainingJobStatus",
  "Status of a version: the vendor's names without the prefix `JOBSTAT_`. Terminal: it will not change again by itself.",
  {
    UNKNOWN: "JOBSTAT_UNKNOWN (0): unknown, or a number that this gateway does not know. Not terminal.",
    INIT: "JOBSTAT_INIT (1): being initialised. Not terminal.",
    IMAGE_CREATING: "JOBSTAT_IMAGE_CREATING (2): the image is being created. Not terminal.",
    IMAGE_FAILED: "JOBSTAT_IMAGE_FAILED (3): creating the image failed. Terminal.",
    SUBMIT_TRYING: "JOBSTAT_SUBMIT_TRYING (4): being submitted. Not terminal.",
    SUBMIT_FAILED: "JOBSTAT_SUBMIT_FAILED (5): submission failed. Terminal.",
    DELETE_FAILED: "JOBSTAT_DELETE_FAILED (6): deletion failed. Terminal.",
    WAITING: "JOBSTAT_WAITING (7): queuing. Not terminal.",
    RUNNING: "JOBSTAT_RUNNING (8): running. Not terminal.",
    KILLING: "JOBSTAT_KILLING (9): being cancelled. Not terminal.",
    COMPLETED: "JOBSTAT_COMPLETED (10): completed. Terminal.",
    FAILED: "JOBSTAT_FAILED (11): failed while running. Terminal.",
    KILLED: "JOBSTAT_KILLED (12): cancelled successfully. Terminal.",
    CANCELED: "JOBSTAT_CANCELED (13): cancelled. Terminal.",
    LOST: "JOBSTAT_LOST (14): lost. Terminal.",
    SCALING: "JOBSTAT_SCALING (15): being scaled. Not terminal.",
    SUBMIT_MODEL_FAILED: "JOBSTAT_SUBMIT_MODEL_FAILED (16): submitting the model failed. Terminal.",
    DEPLOY_SERVICE_FAILED: "JOBSTAT_DEPLOY_SERVICE_FAILED (17): deploying the service failed. Terminal.",
    CHECK_INIT: "JOBSTAT_CHECK_INIT (18): the review is being initialised. Not terminal.",
    CHECK_RUNNING: "JOBSTAT_CHECK_RUNNING (19): being reviewed. Not terminal.",
    CHECK_RUNNING_COMPLETED: "JOBSTAT_CHECK_RUNNING_COMPLETED (20): the review is completed. Not terminal.",
    CHECK_FAILED: "JOBSTAT_CHECK_FAILED (21): the review failed. Terminal.",
  },
);

/** What specs and engines are for. */
export const JobType = namedEnum<JobTypeName>("JobType", "What resource and engine specs are for.", {
  TRAIN: "Training jobs.",
  INFERENCE: "Inference services.",
});

/** The kinds of data source. */
export const DataSourceType = namedEnum<"OBS" | "DATASET">("DataSourceType", "Kind of a data source.", {
  OBS: "A path in OBS, the object storage.",
  DATASET: "A version of a data set.",
});

/** Directions of sorting. */
export const SortOrder = namedEnum<"ASC" | "DESC">("SortOrder", "Direction of sorting.", {
  ASC: "Smallest, earliest or first in the alphabet first.",
  DESC: "Greatest, latest or last in the alphabet first.",
});

/** The columns that the upstream sorts jobs by. */
export const TrainingJobSortField = namedEnum<SortFieldName>(
  "TrainingJobSortField",
  "What jobs are sorted by.",
  {
    JOB_NAME: "The job's name.",
    JOB_DESC: "The job's description.",
    STATUS: "The number of the current version's status.",
    DURATION: "How long the current version has run.",
    VERSION_COUNT: "How many versions the job has.",
    CREATE_TIME: "When the job was created.",
  },
);
