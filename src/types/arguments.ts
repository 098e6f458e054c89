import { IsOptional, ValidateNested } from "class-validator";
import { ArgsType, Field, Int } from "type-graphql";
import type { JobType as JobTypeName, TrainingJobSortField as SortFieldName } from "../domain/index.js";
import { CreateTrainingJobVersionInput } from "./create-training-job-version-input.js";
import { JobType, SortOrder, TrainingJobSortField } from "./enums.js";
import { optional, withDefault } from "./field-options.js";
import { ID } from "./id-scalar.js";
import { TrainingJobFilterInput } from "./training-job-filter-input.js";
import { LongId } from "./validators/long-id.js";
import { PageRange } from "./validators/page-range.js";
import { PerPageRange } from "./validators/per-page-range.js";

/** Arguments that name a job. */
@ArgsType()
export class JobArgs {
  @Field(() => ID, { description: "Id of the job; from 1." })
  @LongId(1)
  jobId!: string;
}

/** Arguments that name a version. */
@ArgsType()
export class VersionArgs extends JobArgs {
  @Field(() => ID, { description: "Id of the version; from 1." })
  @LongId(1)
  versionId!: string;
}

/** Arguments that choose one page. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, withDefault(1, "Which page: 1 to 65535 (`page-range`)."))
  @IsOptional()
  @PageRange()
  page?: number | null;

  @Field(() => Int, withDefault(10, "How many on a page: 1 to 1000 (`per-page-range`)."))
  @IsOptional()
  @PerPageRange()
  perPage?: number | null;
}

/** Arguments of the list of jobs. */
@ArgsType()
export class TrainingJobsArgs {
  @Field(() => TrainingJobFilterInput, optional("Which jobs; all of the project when left out."))
  @IsOptional()
  @ValidateNested()
  filter?: TrainingJobFilterInput | null;

  @Field(() => TrainingJobSortField, withDefault("JOB_NAME", "What to sort by."))
  sortBy?: SortFieldName | null;

  @Field(() => SortOrder, withDefault("ASC", "In which direction to sort."))
  order?: "ASC" | "DESC" | null;

  @Field(() => Int, withDefault(1, "Which page: 1 to 65535 (`page-range`)."))
  @IsOptional()
  @PageRange()
  page?: number | null;

  @Field(() => Int, withDefault(10, "How many on a page: 1 to 1000 (`per-page-range`)."))
  @IsOptional()
  @PerPageRange()
  perPage?: number | null;
}

/** Arguments of the engine specs. */
@ArgsType()
export class EngineSpecsArgs {
  @Field(() => JobType, withDefault("TRAIN", "What the engines are for."))
  jobType?: JobTypeName | null;
}

/** Arguments of the resource specs. */
@ArgsType()
export class ResourceSpecsArgs {
  @Field(() => JobType, withDefault("TRAIN", "What the specifications are for."))
  jobType?: JobTypeName | null;

  @Field(() => ID, optional("Only those for this engine; from 0, which the upstream takes for all engines."))
  @LongId(0)
  engineId?: string | null;

  @Field(() => Int, optional("Only those for this type of project, the upstream's number; its default is 0."))
  projectType?: number | null;
}

/** Argument of a creation and of its validation. */
@ArgsType()
export class CreateTrainingJobVersionArgs {
  @Field(() => CreateTrainingJobVersionInput, { description: "The version to create." })
  @ValidateNested()
  input!: CreateTrainingJobVersionInput;
}

const AFTER =
  "The cursor of the last event that you got: what follows it is sent. An empty or malformed one, or one of another " +
  "job, is BAD_USER_INPUT.";

/** Arguments of a job's status subscription. */
@ArgsType()
export class JobStatusArgs extends JobArgs {
  @Field(() => String, optional(AFTER))
  after?: string | null;
}

/** Arguments of a version's status subscription. */
@ArgsType()
export class VersionStatusArgs extends VersionArgs {
  @Field(() => String, optional(AFTER))
  after?: string | null;
}
