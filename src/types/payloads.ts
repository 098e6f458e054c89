import { Field, ObjectType } from "type-graphql";
import type {
  CreatedVersion,
  EpochMillis,
  LongId,
  TrainingJobStatus as StatusName,
} from "../domain/index.js";
import { TrainingJobStatus } from "./enums.js";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";
import { DateTime } from "./scalars.js";

@ObjectType("CreateTrainingJobVersionPayload", {
  simpleResolvers: true,
  description:
    "The creation as the upstream answered it. What it left out is null; a missing status is UNKNOWN.",
})
export class CreateTrainingJobVersionPayload implements Omit<CreatedVersion, "statusCode"> {
  @Field(() => ID, { description: "The job that got the version." })
  jobId!: LongId;

  @Field(() => ID, { description: "Id of the new version." })
  versionId!: LongId;

  @Field(() => String, optional("The job's name."))
  jobName!: string | null;

  @Field(() => String, optional("Name of the new version, e.g. `V0002`."))
  versionName!: string | null;

  @Field(() => TrainingJobStatus, { description: "First status of the new version, usually INIT." })
  status!: StatusName;

  @Field(() => DateTime, optional("When it was created."))
  createTime!: EpochMillis | null;
}

@ObjectType("StopTrainingJobVersionPayload", {
  simpleResolvers: true,
  description: "The upstream has accepted to stop the version; follow its status to KILLED.",
})
export class StopTrainingJobVersionPayload {
  @Field(() => ID, { description: "The version's job." })
  jobId!: LongId;

  @Field(() => ID, { description: "The version that is being stopped." })
  versionId!: LongId;
}
