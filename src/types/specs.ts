import { Field, Int, ObjectType } from "type-graphql";
import type {
  EngineSpec as EngineSpecEntity,
  LongId,
  ResourceSpec as ResourceSpecEntity,
} from "../domain/index.js";
import { optional } from "./field-options.js";
import { ID } from "./id-scalar.js";

@ObjectType("ResourceSpec", {
  simpleResolvers: true,
  description: "A kind of machine that a version can run on.",
})
export class ResourceSpec implements ResourceSpecEntity {
  @Field(() => ID, { description: "Id of the specification: specId of a new version." })
  specId!: LongId;

  @Field(() => String, optional("The vendor's code of the specification, e.g. `modelarts.vm.gpu.v100`."))
  specCode!: string | null;

  @Field(() => String, optional("Number of processor cores, as text."))
  core!: string | null;

  @Field(() => String, optional("Memory, as the upstream writes it."))
  cpu!: string | null;

  @Field(() => Int, optional("Number of GPUs."))
  gpuNum!: number | null;

  @Field(() => String, optional("Type of the GPUs."))
  gpuType!: string | null;

  @Field(() => Int, optional("The greatest workerServerNum with this specification."))
  maxNum!: number | null;

  @Field(() => Int, optional("Number of billing units."))
  unitNum!: number | null;

  @Field(() => String, optional("Storage, as the upstream writes it."))
  storage!: string | null;

  @Field(() => Int, optional("The upstream's number of the interface type."))
  interfaceType!: number | null;

  @Field(() => Boolean, optional("True when it is sold out."))
  noResource!: boolean | null;
}

@ObjectType("EngineSpec", { simpleResolvers: true, description: "A framework that a version can run with." })
export class EngineSpec implements EngineSpecEntity {
  @Field(() => ID, { description: "Id of the engine: engineId of a new version." })
  engineId!: LongId;

  @Field(() => Int, optional("The upstream's number of the engine's type."))
  engineType!: number | null;

  @Field(() => String, optional("Name of the framework, e.g. `TensorFlow`."))
  engineName!: string | null;

  @Field(() => String, optional("Version of the framework with its language, e.g. `TF-1.4.0-python2.7`."))
  engineVersion!: string | null;
}
