import { Field, Int, ObjectType } from "type-graphql";
import type { EpochMillis, LongId, StatusEvent, TrainingJobStatus as StatusName } from "../domain/index.js";
import { TrainingJobStatus } from "./enums.js";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";
import { DateTime } from "./scalars.js";

@ObjectType("TrainingJobStatusEvent", {
  simpleResolvers: true,
  description: "A status of a version, as a poll observed it.",
})
export class TrainingJobStatusEvent implements Omit<StatusEvent, "version"> {
  @Field(() => String, { description: "Resume point: pass it as `after` to get what follows it." })
  cursor!: string;

  @Field(() => ID, { description: "The version's job." })
  jobId!: LongId;

  @Field(() => ID, { description: "The version that has this status." })
  versionId!: LongId;

  @Field(() => TrainingJobStatus, {
    description: "The status; UNKNOWN where this gateway does not know the number.",
  })
  status!: StatusName;

  @Field(() => Int, { description: "The upstream's number of the status." })
  statusCode!: number;

  @Field(
    () => TrainingJobStatus,
    optional(
      "The status in the event of this version that this subscriber got before; null in a first event without `after` " +
        "and in a gap event.",
    ),
  )
  previousStatus!: StatusName | null;

  @Field(() => Boolean, { description: "True when the status will not change again by itself." })
  terminal!: boolean;

  @Field(() => DateTime, { description: "When the poll observed it." })
  observedAt!: EpochMillis;

  @Field(() => Boolean, {
    description:
      "True when changes before this event may have been missed: it is the current state, not the next change.",
  })
  gap!: boolean;
}
