import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Resolver, Root, Subscription } from "type-graphql";
import type { GatewayContext } from "../context.js";
import type { LongId, StatusEvent, TrainingJobVersion as VersionEntity } from "../domain/index.js";
import { checkArguments } from "../rules/shape.js";
import { JobStatusArgs, VersionStatusArgs } from "../types/arguments.js";
import { optional } from "../types/field-options.js";
import { TrainingJobStatusEvent } from "../types/status-event.js";
import { TrainingJobVersion } from "../types/training-job-version.js";
import { coverageAsked } from "./coverage.js";

interface Subscribing {
  args: object;
  context: GatewayContext;
}

/** Runs once per subscription, before any field is resolved: nothing has checked the arguments yet. */
function subscribeWith(ArgsClass: new () => JobStatusArgs & Partial<VersionStatusArgs>) {
  return ({ args, context }: Subscribing): AsyncGenerator<StatusEvent, void, undefined> => {
    const { caller, requestId, quotaKey, services } = context;
    const { jobId, versionId, after } = checkArguments(Object.assign(new ArgsClass(), args));
    return services.watch.subscribe({
      caller,
      requestId,
      quotaKey,
      jobId: jobId as LongId,
      ...(typeof versionId === "string" && { versionId: versionId as LongId }),
      ...(typeof after === "string" && { after }),
    });
  };
}

@Resolver(() => TrainingJobStatusEvent)
export class StatusEventsResolver {
  @Subscription(() => TrainingJobStatusEvent, {
    description:
      "The version's current status at once, then every change; completes after a terminal status.",
    subscribe: subscribeWith(VersionStatusArgs),
  })
  trainingJobVersionStatusChanged(
    @Root() event: StatusEvent,
    @Args(() => VersionStatusArgs) _args: VersionStatusArgs,
  ): StatusEvent {
    return event;
  }

  @Subscription(() => TrainingJobStatusEvent, {
    description:
      "The same for every version of a job, the ones created meanwhile included. Never completes by itself.",
    subscribe: subscribeWith(JobStatusArgs),
  })
  trainingJobStatusChanged(
    @Root() event: StatusEvent,
    @Args(() => JobStatusArgs) _args: JobStatusArgs,
  ): StatusEvent {
    return event;
  }

  @FieldResolver(
    () => TrainingJobVersion,
    optional("From the poll that observed the status, never older than the event."),
  )
  async version(
    @Root() event: StatusEvent,
    @Ctx() { lookups }: GatewayContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<VersionEntity | null> {
    if (event.version) return event.version;
    return lookups.trainingJobVersion(event.jobId, event.versionId, coverageAsked(info), { fresh: true });
  }
}
