import { Args, Ctx, Query, Resolver } from "type-graphql";
import type { GatewayContext } from "../context.js";
import type { EngineSpec as EngineEntity, LongId, ResourceSpec as SpecEntity } from "../domain/index.js";
import { checkArguments } from "../rules/shape.js";
import { EngineSpecsArgs, ResourceSpecsArgs } from "../types/arguments.js";
import { optional } from "../types/field-options.js";
import { EngineSpec, ResourceSpec } from "../types/specs.js";

@Resolver()
export class SpecsResolver {
  @Query(() => [ResourceSpec], optional("The kinds of machine that the project's jobs can run on."))
  async resourceSpecs(
    @Args(() => ResourceSpecsArgs) args: ResourceSpecsArgs,
    @Ctx() { lookups }: GatewayContext,
  ): Promise<SpecEntity[]> {
    const { jobType, engineId, projectType } = checkArguments(args);
    return lookups.resourceSpecs({
      jobType: jobType ?? "TRAIN",
      ...(typeof engineId === "string" && { engineId: engineId as LongId }),
      ...(typeof projectType === "number" && { projectType }),
    });
  }

  @Query(() => [EngineSpec], optional("The frameworks that the project's jobs can run with."))
  async engineSpecs(
    @Args(() => EngineSpecsArgs) { jobType }: EngineSpecsArgs,
    @Ctx() { lookups }: GatewayContext,
  ): Promise<EngineEntity[]> {
    return lookups.engineSpecs(jobType ?? "TRAIN");
  }
}
