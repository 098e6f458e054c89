import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.js";
import {
  isLongId,
  type LongId,
  type ResourceSpec as SpecEntity,
  type TrainingJobVersion as VersionEntity,
} from "../domain/index.js";
import { checkArguments } from "../rules/shape.js";
import { VersionArgs } from "../types/arguments.js";
import { optional } from "../types/field-options.js";
import { ResourceSpec } from "../types/specs.js";
import { TrainingJobVersion } from "../types/training-job-version.js";
import { coverageAsked, covers } from "./coverage.js";
import type { MaybePromise } from "./maybe-promise.js";

@Resolver(() => TrainingJobVersion)
export class TrainingJobVersionResolver {
  @Query(
    () => TrainingJobVersion,
    optional("One version of a job. Null when the upstream has no such version."),
  )
  trainingJobVersion(
    @Args(() => VersionArgs) args: VersionArgs,
    @Ctx() { lookups }: GatewayContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<VersionEntity | null> {
    const { jobId, versionId } = checkArguments(args);
    return lookups.trainingJobVersion(jobId as LongId, versionId as LongId, coverageAsked(info));
  }

  @FieldResolver(
    () => TrainingJobVersion,
    optional("The version that it follows; null where there is none any more."),
  )
  preVersion(
    @Root() { jobId, preVersionId }: VersionEntity,
    @Ctx() { lookups }: GatewayContext,
    @Info() info: GraphQLResolveInfo,
  ): MaybePromise<VersionEntity | null> {
    if (!isLongId(preVersionId, 1n)) return null;
    return lookups.trainingJobVersion(jobId, preVersionId, coverageAsked(info));
  }

  @FieldResolver(() => String)
  specCode(@Root() version: VersionEntity, @Ctx() { lookups }: GatewayContext): MaybePromise<string | null> {
    if (covers(version, "details")) return version.specCode;
    const { jobId, versionId } = version;
    return lookups
      .trainingJobVersion(jobId, versionId, "details")
      .then((details) => details?.specCode ?? null);
  }

  @FieldResolver(
    () => ResourceSpec,
    optional(
      "The resource specification with its specId; null where it is not among the project's any more.",
    ),
  )
  async resourceSpec(
    @Root() { specId }: VersionEntity,
    @Ctx() { lookups }: GatewayContext,
  ): Promise<SpecEntity | null> {
    if (specId === null) return null;
    const specs = await lookups.resourceSpecs({ jobType: "TRAIN" });
    return specs.find((spec) => spec.specId === specId) ?? null;
  }
}
