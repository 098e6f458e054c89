import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.js";
import type { CreatedVersion, TrainingJobVersion as VersionEntity } from "../domain/index.js";
import { GatewayError, type Violation } from "../errors.js";
import type { RequestLookups } from "../ports.js";
import { checkLookedUpRules, checkNewVersion } from "../rules/check-new-version.js";
import { brokenRules, shapeViolations } from "../rules/shape.js";
import { toNewVersion } from "../rules/to-new-version.js";
import { CreateTrainingJobVersionArgs } from "../types/arguments.js";
import { optional } from "../types/field-options.js";
import { InputViolation } from "../types/input-violation.js";
import { CreateTrainingJobVersionPayload } from "../types/payloads.js";
import { TrainingJobVersion } from "../types/training-job-version.js";
import { coverageAsked } from "./coverage.js";

/** Throws with every rule that is broken. */
async function refuse(args: CreateTrainingJobVersionArgs, lookups: RequestLookups): Promise<never> {
  throw brokenRules(await checkNewVersion(args, lookups));
}

@Resolver(() => CreateTrainingJobVersionPayload)
export class CreateResolver {
  @Query(
    () => [InputViolation],
    optional(
      "Every rule that the input breaks, and nothing is created. Empty: the gateway would forward it.",
    ),
  )
  async validateTrainingJobVersion(
    @Args(() => CreateTrainingJobVersionArgs) args: CreateTrainingJobVersionArgs,
    @Ctx() { lookups }: GatewayContext,
  ): Promise<Violation[]> {
    return checkNewVersion(args, lookups);
  }

  @Mutation(
    () => CreateTrainingJobVersionPayload,
    optional(
      "Creates a version of a training job, once per idempotencyKey. Broken rules are BAD_USER_INPUT with all of them in " +
        "`extensions.violations`, and nothing is sent. After an error with `extensions.outcome` `unknown` it may have " +
        "happened: repeat with the same key to learn it.",
    ),
  )
  createTrainingJobVersion(
    @Args(() => CreateTrainingJobVersionArgs) args: CreateTrainingJobVersionArgs,
    @Ctx() context: GatewayContext,
  ): Promise<CreatedVersion> {
    const { caller, lookups, requestId } = context;
    if (shapeViolations(args).length > 0) return refuse(args, lookups);
    const { idempotencyKey } = args.input;
    return context.services.creation.create({
      caller,
      requestId,
      version: toNewVersion(args.input),
      checkRules: () => checkLookedUpRules(args.input, lookups),
      ...(typeof idempotencyKey === "string" && { idempotencyKey }),
    });
  }

  @FieldResolver(
    () => TrainingJobVersion,
    optional(
      "The new version, looked up when it is asked for; null (with an error) when that look-up fails: the creation stands.",
    ),
  )
  async version(
    @Root() { jobId, versionId }: CreatedVersion,
    @Ctx() { lookups }: GatewayContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<VersionEntity> {
    const version = await lookups.trainingJobVersion(jobId, versionId, coverageAsked(info));
    if (version) return version;
    throw new GatewayError("NOT_FOUND", "The version was created, but the upstream does not show it yet.");
  }
}
