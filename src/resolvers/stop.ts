import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.js";
import type { LongId, TrainingJobVersion as VersionEntity } from "../domain/index.js";
import { GatewayError } from "../errors.js";
import { checkArguments } from "../rules/shape.js";
import { VersionArgs } from "../types/arguments.js";
import { optional } from "../types/field-options.js";
import { StopTrainingJobVersionPayload } from "../types/payloads.js";
import { TrainingJobVersion } from "../types/training-job-version.js";
import { coverageAsked } from "./coverage.js";

interface Stopped {
  jobId: LongId;
  versionId: LongId;
}

/** False only where it is certain that the upstream did nothing. */
function mayHaveHappened(error: unknown): boolean {
  return !(error instanceof GatewayError) || error.details.outcome === "unknown";
}

async function stop(
  { services, caller, requestId }: GatewayContext,
  { jobId, versionId }: Stopped,
): Promise<void> {
  const invalidate = () => services.lookups.invalidateJob(caller.projectId, jobId);
  try {
    await services.upstream.stopVersion({ caller, requestId, priority: "mutation" }, jobId, versionId);
  } catch (error) {
    if (mayHaveHappened(error)) await invalidate();
    throw error;
  }
  await invalidate();
}

@Resolver(() => StopTrainingJobVersionPayload)
export class StopResolver {
  @Mutation(
    () => StopTrainingJobVersionPayload,
    optional("Asks the upstream to stop a version. Stopping takes time: follow its status."),
  )
  async stopTrainingJobVersion(
    @Args(() => VersionArgs) args: VersionArgs,
    @Ctx() context: GatewayContext,
  ): Promise<Stopped> {
    const { jobId, versionId } = checkArguments(args) as Stopped;
    await stop(context, { jobId, versionId });
    return { jobId, versionId };
  }

  @FieldResolver(
    () => TrainingJobVersion,
    optional("As looked up after the stop was accepted; stopping takes time."),
  )
  async version(
    @Root() { jobId, versionId }: Stopped,
    @Ctx() { lookups }: GatewayContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<VersionEntity | null> {
    return lookups.trainingJobVersion(jobId, versionId, coverageAsked(info));
  }
}
