import { Field, InputType, ObjectType } from "type-graphql";
import type { Parameter as ParameterEntity } from "../domain/index.js";
import { optional } from "./field-options.js";

@ObjectType("Parameter", {
  simpleResolvers: true,
  description:
    "A name and value handed to the training program; an environment variable where a custom image is used.",
})
export class Parameter implements ParameterEntity {
  @Field(() => String, optional("The parameter's name, for instance `learning_rate`."))
  label!: string | null;

  @Field(() => String, optional("The parameter's value as text, for instance `0.01`."))
  value!: string | null;
}

@InputType("ParameterInput", {
  description:
    "A name and value for the training program; an environment variable where a custom image is used.",
})
export class ParameterInput {
  @Field(() => String, optional("The parameter's name, for instance `learning_rate`."))
  label?: string | null;

  @Field(() => String, optional("The parameter's value as text, for instance `0.01`."))
  value?: string | null;
}
