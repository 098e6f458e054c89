import {
  buildClientSchema,
  getIntrospectionQuery,
  graphqlSync,
  type IntrospectionQuery,
  parse,
  validate,
} from "graphql";
import { describe, expect, it } from "vitest";
import { buildGatewaySchema } from "../../../src/schema.js";
import { hasLostDigits, ID } from "../../../src/types/id-scalar.js";
import { aJob } from "../resolvers/entities.js";
import { brokenRulesOf, dataOf, Gateway } from "../resolvers/gateway.js";

const BIG = "9223372036854775807";
const JOB = "query ($id: ID!) { trainingJob(jobId: $id) { jobId } }";

describe("the scalar ID", () => {
  it("keeps every digit of a string and of a literal in the document", async () => {
    const gateway = new Gateway();
    await gateway.run(JOB, { id: BIG });
    await gateway.run(`{ trainingJob(jobId: ${BIG}) { jobId } }`);
    await gateway.run(`{ trainingJob(jobId: "${BIG}") { jobId } }`);
    expect(gateway.project.asked).toEqual(Array(3).fill(`trainingJob ${BIG}`));
  });

  it("takes a JSON number in variables while it is exact", async () => {
    const gateway = new Gateway();
    await gateway.run(JOB, JSON.parse('{ "id": 9007199254740991 }'));
    expect(gateway.project.asked).toEqual(["trainingJob 9007199254740991"]);
  });

  it.each([
    ["9007199254740992", "2^53"],
    ["9007199254740993", "an odd number beyond 2^53"],
    [BIG, "the greatest id"],
    ["1e300", "a number beyond 64 bits"],
  ])("refuses the JSON number %s in variables (%s) by the rule long-id", async (number) => {
    const gateway = new Gateway();
    const result = await gateway.run(JOB, JSON.parse(`{ "id": ${number} }`));
    expect(brokenRulesOf(result)).toEqual(["jobId: long-id"]);
    expect(gateway.project.asked).toEqual([]);
  });

  it("never makes digits of a number that is not exact", () => {
    expect(ID.parseValue(2 ** 53)).toBe("9.007199254740992e+15");
    expect(ID.parseValue(2 ** 60)).toBe("1.152921504606847e+18");
    expect(ID.parseValue(1e22)).toBe("1e+22");
    expect(
      [2 ** 53, -(2 ** 53), 2 ** 60, 1e22].map((number) => hasLostDigits(ID.parseValue(number))),
    ).toEqual(Array(4).fill(true));
    expect(["1", "-1", BIG, "1.5", "e"].map(hasLostDigits)).toEqual(Array(5).fill(false));
  });

  it.each([[1.5], [true], [["1"]], [{}], [Number.POSITIVE_INFINITY]])(
    "takes %j for no id at all",
    (value) => {
      expect(() => ID.parseValue(value)).toThrow("ID cannot represent");
    },
  );

  it("validates literals as GraphQL's own does", () => {
    const errorsOf = (literal: string) =>
      validate(buildGatewaySchema(), parse(`{ trainingJob(jobId: ${literal}) { jobId } }`)).map(String);
    expect(errorsOf("1")).toEqual([]);
    expect(errorsOf('"1"')).toEqual([]);
    expect(errorsOf("1.5")).toHaveLength(1);
    expect(errorsOf("true")).toHaveLength(1);
    expect(errorsOf("[1]")).toHaveLength(1);
    expect(errorsOf("null")).toHaveLength(1);
  });

  it("answers strings only", async () => {
    const gateway = new Gateway();
    gateway.project.contents.jobs = [aJob(BIG, [])];
    expect(dataOf(await gateway.run(JOB, { id: BIG }))).toEqual({ trainingJob: { jobId: BIG } });
    expect(ID.serialize(7)).toBe("7");
  });

  it("is the schema's one ID for introspection and clients", () => {
    const schema = buildGatewaySchema();
    const { data, errors } = graphqlSync({ schema, source: getIntrospectionQuery() });
    expect(errors).toBeUndefined();
    const client = buildClientSchema(data as unknown as IntrospectionQuery);
    expect(String(client.getQueryType()?.getFields().trainingJob?.args[0]?.type)).toBe("ID!");
    expect(schema.getType("ID")).toBe(ID);
  });
});
