import { Field, ObjectType } from "type-graphql";
import type { DataSource as DataSourceEntity } from "../domain/index.js";
import { DataSourceType } from "./enums.js";
import { optional } from "./field-options.js";

@ObjectType("DataSource", {
  simpleResolvers: true,
  description: "Where a version's training data comes from.",
})
export class DataSource implements DataSourceEntity {
  @Field(() => DataSourceType, optional("What kind of source it is; null where the upstream does not say."))
  type!: "OBS" | "DATASET" | null;

  @Field(() => String, optional("OBS path of the data, in a source of type OBS."))
  dataUrl!: string | null;

  @Field(() => String, optional("Id of the data set, in a source of type DATASET."))
  datasetId!: string | null;

  @Field(() => String, optional("Version of the data set, in a source of type DATASET."))
  datasetVersion!: string | null;
}
