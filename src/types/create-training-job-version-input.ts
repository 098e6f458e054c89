import { IsOptional, ValidateNested } from "class-validator";
import { Field, InputType } from "type-graphql";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";
import { TrainingJobVersionConfigInput } from "./training-job-version-config-input.js";
import { IdempotencyKey } from "./validators/idempotency-key.js";
import { JobDescLength } from "./validators/job-desc-length.js";
import { LongId } from "./validators/long-id.js";

@InputType("CreateTrainingJobVersionInput", {
  description:
    "A new version of a training job. All broken rules are reported together, each with its path and name.",
})
export class CreateTrainingJobVersionInput {
  @Field(() => ID, { description: "The job that gets the version; from 1." })
  @LongId(1)
  jobId!: string;

  @Field(
    () => String,
    optional("Description: 0 to 256 characters (Unicode code points). Empty when left out."),
  )
  @JobDescLength()
  jobDesc?: string | null;

  @Field(() => TrainingJobVersionConfigInput, {
    description: "What the version runs, on what and with which data.",
  })
  @ValidateNested()
  config!: TrainingJobVersionConfigInput;

  @Field(
    () => String,
    optional(
      "1 to 128 visible ASCII characters. The same key and input create one version, however often it is sent within " +
        "24 hours; the same key with another input is a CONFLICT.",
    ),
  )
  @IsOptional()
  @IdempotencyKey()
  idempotencyKey?: string | null;
}
