import { isEnumType } from "graphql";
import { describe, expect, it } from "vitest";
import { STATUS_NAMES, statusFromCode } from "../../../src/domain/index.js";
import { buildGatewaySchema } from "../../../src/schema.js";

const type = buildGatewaySchema().getType("TrainingJobStatus");
const values = isEnumType(type) ? type.getValues() : [];

describe("TrainingJobStatus", () => {
  it("has every status of the vendor's table, in its order", () => {
    expect(values.map(({ name }) => name)).toEqual(STATUS_NAMES);
    expect(values.map(({ value }) => value)).toEqual(STATUS_NAMES);
  });

  it("describes each with the vendor's name, its number and whether it is terminal", () => {
    for (const [code, { name, description }] of values.entries()) {
      expect(description).toContain(`JOBSTAT_${name} (${code}):`);
      expect(description?.endsWith(" Terminal.")).toBe(statusFromCode(code).terminal);
    }
  });
});
