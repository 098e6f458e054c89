import { Field, InputType } from "type-graphql";
import type { TrainingJobStatus as StatusName } from "../domain/index.js";
import { TrainingJobStatus } from "./enums.js";
import { optional } from "./field-options.js";
import { SearchContentLength } from "./validators/search-content-length.js";

@InputType("TrainingJobFilterInput", {
  description: "Which jobs to list: those that fit everything that is given.",
})
export class TrainingJobFilterInput {
  @Field(() => TrainingJobStatus, optional("Status of the job's current version."))
  status?: StatusName | null;

  @Field(
    () => String,
    optional("Text to search job names for: 0 to 64 characters (`search-content-length`)."),
  )
  @SearchContentLength()
  searchContent?: string | null;

  @Field(() => String, optional("Workspace of the jobs; the upstream's default is `0`."))
  workspaceId?: string | null;
}
