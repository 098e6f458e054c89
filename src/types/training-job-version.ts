import { Field, Int, ObjectType } from "type-graphql";
import type {
  EpochMillis,
  LongDigits,
  LongId,
  TrainingJobStatus as StatusName,
  TrainingJobVersion as VersionEntity,
} from "../domain/index.js";
import { DataSource } from "./data-source.js";
import { TrainingJobStatus } from "./enums.js";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";
import { Parameter } from "./parameter.js";
import { BigIntScalar, DateTime, Json } from "./scalars.js";

@ObjectType("TrainingJobVersion", {
  simpleResolvers: true,
  description: "One version of a training job: one run. A text that the upstream leaves empty is null.",
})
export class TrainingJobVersion implements Omit<VersionEntity, "coverage"> {
  @Field(() => ID, { description: "The job that it is a version of." })
  jobId!: LongId;

  @Field(() => String, { description: "The job's name." })
  jobName!: string;

  @Field(() => String, optional("The description."))
  jobDesc!: string | null;

  @Field(() => ID, { description: "Id of the version." })
  versionId!: LongId;

  @Field(() => String, optional("Name of the version, e.g. `V0001`."))
  versionName!: string | null;

  @Field(() => ID, optional("The version that it follows."))
  preVersionId!: LongId | null;

  @Field(() => TrainingJobStatus, {
    description: "Its status; UNKNOWN where this gateway does not know the number.",
  })
  status!: StatusName;

  @Field(() => Int, {
    description:
      "The upstream's number, also where it is one that this gateway does not know (status is then UNKNOWN).",
  })
  statusCode!: number;

  @Field(() => Boolean, { description: "True when the status will not change again by itself." })
  terminal!: boolean;

  @Field(() => DateTime, optional("When it was created."))
  createTime!: EpochMillis | null;

  @Field(() => DateTime, optional("When it began to run."))
  startTime!: EpochMillis | null;

  @Field(() => BigIntScalar, optional("How long it has run, in milliseconds."))
  duration!: LongDigits | null;

  @Field(() => Int, optional("The upstream's number of the engine's type."))
  engineType!: number | null;

  @Field(() => ID, optional("The engine, one of `engineSpecs`."))
  engineId!: LongId | null;

  @Field(() => String, optional("Name of the engine, e.g. `TensorFlow`."))
  engineName!: string | null;

  @Field(() => String, optional("Version of the engine."))
  engineVersion!: string | null;

  @Field(() => ID, optional("The built-in model that it runs."))
  modelId!: LongId | null;

  @Field(() => String, optional("OBS path of the code directory."))
  appUrl!: string | null;

  @Field(() => String, optional("OBS path of the boot file."))
  bootFileUrl!: string | null;

  @Field(() => [Parameter], {
    description: "Parameters of the program, or environment variables of a custom image.",
  })
  parameter!: Parameter[];

  @Field(() => String, optional("OBS path of the training data."))
  dataUrl!: string | null;

  @Field(() => String, optional("Id of the data set."))
  datasetId!: string | null;

  @Field(() => String, optional("Name of the data set."))
  datasetName!: string | null;

  @Field(() => String, optional("Version id of the data set."))
  datasetVersionId!: string | null;

  @Field(() => String, optional("Version name of the data set."))
  datasetVersionName!: string | null;

  @Field(() => [DataSource], {
    description: "The sources of its data; empty where dataUrl or datasetId says it.",
  })
  dataSource!: DataSource[];

  @Field(() => String, optional("OBS path of the output."))
  trainUrl!: string | null;

  @Field(() => String, optional("OBS path of the logs."))
  logUrl!: string | null;

  @Field(() => String, optional("Reference of the custom image."))
  userImageUrl!: string | null;

  @Field(() => String, optional("Boot command of the custom image's container."))
  userCommand!: string | null;

  @Field(() => Int, optional("How many nodes it runs on."))
  workerServerNum!: number | null;

  @Field(() => ID, optional("The resource specification, see resourceSpec."))
  specId!: LongId | null;

  @Field(() => String, optional("Code of the resource specification. Takes one upstream call per version."))
  specCode!: string | null;

  @Field(() => String, optional("Number of processor cores, as text."))
  core!: string | null;

  @Field(() => String, optional("Memory, as the upstream writes it."))
  cpu!: string | null;

  @Field(() => Int, optional("Number of GPUs per node."))
  gpuNum!: number | null;

  @Field(() => String, optional("Type of the GPUs."))
  gpuType!: string | null;

  @Field(() => String, optional("Id of the dedicated resource pool."))
  poolId!: string | null;

  @Field(() => String, optional("Name of the dedicated resource pool."))
  poolName!: string | null;

  @Field(() => String, optional("Id of the resources that it is billed for."))
  resourceId!: string | null;

  @Field(() => [Json], {
    description: "Mounted volumes: `nfs` or `host_path` objects with the upstream's keys.",
  })
  volumes!: unknown[];

  @Field(() => Json, optional("Metrics of the model (precision, recall, ...), with the upstream's keys."))
  modelMetricList!: unknown;

  @Field(() => Json, optional("Metrics of the machines (cpuUsage, gpuUtil, ...), with the upstream's keys."))
  systemMetricList!: unknown;
}
