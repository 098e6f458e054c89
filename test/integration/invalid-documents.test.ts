import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type House, startHouse } from "../support/house.js";
import { transports } from "../support/transports.js";
import { until } from "../support/until.js";

describe("An invalid document", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it.each(Object.entries(transports))(
    "is logged as invalid, not as what it says it is, over %s",
    async (_transport, errorOf) => {
      const before = house.gateway.logs.length;
      const error = await errorOf(house, "mutation Named { nothing }");
      expect(error?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
      const entry = await until("it is logged", () =>
        house.gateway.logs.slice(before).find(({ event }) => event === "operation"),
      );
      expect(entry).toMatchObject({ type: "invalid", codes: ["GRAPHQL_VALIDATION_FAILED"] });
      expect(entry.operationName ?? null).toBeNull();
    },
  );
});
