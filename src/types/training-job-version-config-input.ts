import { IsOptional, ValidateNested } from "class-validator";
import { Field, InputType, Int } from "type-graphql";
import { DataSourceInput } from "./data-source-input.js";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";
import { ParameterInput } from "./parameter.js";
import { AppWithBootFile } from "./validators/app-with-boot-file.js";
import { BootFileInApp } from "./validators/boot-file-in-app.js";
import { CodeRequired } from "./validators/code-required.js";
import { CommandWithImage } from "./validators/command-with-image.js";
import { DataSourceNotEmpty } from "./validators/data-source-not-empty.js";
import { DataSourceOneType } from "./validators/data-source-one-type.js";
import { DatasetExactlyOne } from "./validators/dataset-exactly-one.js";
import { DatasetIdWithVersion } from "./validators/dataset-id-with-version.js";
import { ImageReference } from "./validators/image-reference.js";
import { LongId } from "./validators/long-id.js";
import { NotBlank } from "./validators/not-blank.js";
import { ObsPath } from "./validators/obs-path.js";
import { SpecOrPool } from "./validators/spec-or-pool.js";
import { WorkerServerNumMin } from "./validators/worker-server-num-min.js";

const CONFIG = `What the version runs, on what and with which data. A field that is null counts as left out.

- Code: appUrl with bootFileUrl, or modelId (\`code-required\`, \`app-with-boot-file\`, \`boot-file-in-app\`).
- Data: exactly one of dataUrl, datasetId with datasetVersionId, and dataSource (\`dataset-exactly-one\`).
- Machines: exactly one of specId and poolId (\`spec-or-pool\`).

Paths (\`obs-path\`) start with \`/\`, have at least one segment and none that is empty, \`.\` or \`..\` (a trailing \`/\` is
fine), no control character, and at most 1024 characters.`;

@InputType("TrainingJobVersionConfigInput", { description: CONFIG })
export class TrainingJobVersionConfigInput {
  @Field(() => Int, {
    description:
      "How many nodes to run on: at least 1 (`worker-server-num-min`), at most the maxNum of the spec " +
      "(`worker-server-num-max`).",
  })
  @WorkerServerNumMin()
  workerServerNum!: number;

  @Field(
    () => String,
    optional("OBS path of the code directory, for instance `/usr/app/`. Together with bootFileUrl."),
  )
  @ObsPath()
  @AppWithBootFile("bootFileUrl")
  @CodeRequired()
  appUrl?: string | null;

  @Field(() => String, optional("OBS path of the boot file inside appUrl, for instance `/usr/app/boot.py`."))
  @ObsPath()
  @AppWithBootFile("appUrl")
  @BootFileInApp()
  bootFileUrl?: string | null;

  @Field(
    () => [ParameterInput],
    optional("Parameters of the program; environment variables with a custom image."),
  )
  parameter?: ParameterInput[] | null;

  @Field(() => String, optional("OBS path of the training data, for instance `/usr/data/`."))
  @ObsPath()
  @DatasetExactlyOne()
  dataUrl?: string | null;

  @Field(() => String, optional("Id of a data set, not blank. Together with datasetVersionId."))
  @NotBlank()
  @DatasetIdWithVersion("datasetVersionId")
  @DatasetExactlyOne()
  datasetId?: string | null;

  @Field(() => String, optional("Version id of the data set, not blank. Together with datasetId."))
  @NotBlank()
  @DatasetIdWithVersion("datasetId")
  datasetVersionId?: string | null;

  @Field(
    () => [DataSourceInput],
    optional("Several sources of data: at least one item (`data-source-not-empty`), all of one type."),
  )
  @IsOptional()
  @ValidateNested()
  @DataSourceNotEmpty()
  @DataSourceOneType()
  @DatasetExactlyOne()
  dataSource?: DataSourceInput[] | null;

  @Field(
    () => ID,
    optional("Resource specification, one of `resourceSpecs` (`spec-exists`). Instead of poolId."),
  )
  @LongId(0)
  @SpecOrPool()
  specId?: string | null;

  @Field(() => String, optional("Dedicated resource pool, not blank. Instead of specId."))
  @NotBlank()
  poolId?: string | null;

  @Field(
    () => ID,
    optional(
      "Engine, one of `engineSpecs` (`engine-exists`). 1 when modelId and userImageUrl are left out as well.",
    ),
  )
  @LongId(0)
  engineId?: string | null;

  @Field(() => ID, optional("Built-in model; appUrl, bootFileUrl and engineId are then not needed."))
  @LongId(0)
  modelId?: string | null;

  @Field(() => String, {
    description: "OBS path of the output, for instance `/bucket/trainUrl/`, not blank.",
  })
  @NotBlank()
  @ObsPath("left-to-not-blank")
  trainUrl!: string;

  @Field(() => String, optional("OBS path of the logs, for instance `/usr/log/`."))
  @ObsPath()
  logUrl?: string | null;

  @Field(() => ID, {
    description: "The version of this job that the new one follows (`pre-version-exists`); from 1.",
  })
  @LongId(1)
  preVersionId!: string;

  @Field(
    () => String,
    optional(
      "Custom image: `[host[:port]/]path[:tag][@digest]` (`image-reference`). It does not replace the code.",
    ),
  )
  @NotBlank()
  @ImageReference()
  userImageUrl?: string | null;

  @Field(
    () => String,
    optional("Boot command of the custom image's container; with userImageUrl, not blank."),
  )
  @NotBlank()
  @CommandWithImage()
  userCommand?: string | null;
}
