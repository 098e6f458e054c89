import { Field, InputType } from "type-graphql";
import { DataSourceType } from "./enums.js";
import { optional } from "./field-options.js";
import { DataSourceDataset } from "./validators/data-source-dataset.js";
import { ItemNotBlank, ItemObsPath } from "./validators/data-source-item.js";
import { DataSourceObs } from "./validators/data-source-obs.js";

@InputType("DataSourceInput", {
  description:
    "One source of training data. All items of a list are of the same type (rule `data-source-one-type`).",
})
export class DataSourceInput {
  @Field(() => DataSourceType, {
    description:
      "OBS: give dataUrl and nothing else (rule `data-source-obs`). DATASET: give datasetId and datasetVersion, no " +
      "dataUrl (rule `data-source-dataset`).",
  })
  type!: "OBS" | "DATASET";

  @Field(
    () => String,
    optional("OBS path of the data, for instance `/bucket/data/` (rule `obs-path`). OBS only."),
  )
  @ItemObsPath()
  @DataSourceObs("required")
  @DataSourceDataset("forbidden")
  dataUrl?: string | null;

  @Field(() => String, optional("Id of the data set, not blank. DATASET only."))
  @ItemNotBlank()
  @DataSourceObs("forbidden")
  @DataSourceDataset("required")
  datasetId?: string | null;

  @Field(() => String, optional("Version of the data set, not blank. DATASET only."))
  @ItemNotBlank()
  @DataSourceObs("forbidden")
  @DataSourceDataset("required")
  datasetVersion?: string | null;
}
