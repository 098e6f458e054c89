import { Field, Int, ObjectType } from "type-graphql";
import type { LongId, TrainingJobPage as PageEntity, TrainingJobSummary } from "../domain/index.js";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";

@ObjectType("TrainingJob", {
  simpleResolvers: true,
  description: "A training job: a name under which versions run.",
})
export class TrainingJob implements Omit<TrainingJobSummary, "currentVersion"> {
  @Field(() => ID, { description: "Id of the job." })
  jobId!: LongId;

  @Field(() => String, { description: "Name of the job." })
  jobName!: string;

  @Field(() => String, { description: "Description of the job; empty where there is none." })
  jobDesc!: string;

  @Field(() => Int, { description: "How many versions it has." })
  versionCount!: number;
}

@ObjectType("TrainingJobPage", { simpleResolvers: true, description: "One page of the list of jobs." })
export class TrainingJobPage implements Omit<PageEntity, "jobs"> {
  @Field(() => [TrainingJob], { description: "The jobs of this page; empty beyond the end." })
  jobs!: TrainingJob[];

  @Field(() => Int, { description: "How many jobs there are on all pages." })
  jobTotalCount!: number;

  @Field(() => Int, optional("How many jobs the project may have."))
  jobCountLimit!: number | null;

  @Field(() => Int, optional("The upstream's quota of running jobs."))
  quotas!: number | null;
}
