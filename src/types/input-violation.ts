import { Field, ObjectType } from "type-graphql";
import type { Violation } from "../errors.js";

@ObjectType("InputViolation", { simpleResolvers: true, description: "One rule that an input breaks." })
export class InputViolation implements Violation {
  @Field(() => [String], {
    description: 'Where in the arguments: e.g. ["input", "config", "dataSource", "0", "dataUrl"].',
  })
  path!: string[];

  @Field(() => String, { description: "Stable name of the rule, e.g. `dataset-exactly-one`." })
  rule!: string;

  @Field(() => String, { description: "What would be right, in English; for people, not to be parsed." })
  message!: string;
}
