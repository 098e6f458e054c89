import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { transports } from "../support/transports.js";
import { until } from "../support/until.js";

const FIELD = 'trainingJobStatusChanged(jobId: "10")';
const DOCUMENTS: [string, string][] = [
  ["a variable", `subscription ($x: Boolean!) { ${FIELD} @include(if: $x) { status } }`],
  ["a literal", `subscription { ${FIELD} @skip(if: true) { status } }`],
  ["a condition without an argument", `subscription { ${FIELD} @skip { status } }`],
  ["a condition of a wrong type", `subscription { ${FIELD} @skip(if: "x") { status } }`],
  ["an inline fragment", `subscription { ... on Subscription @include(if: false) { ${FIELD} { status } } }`],
  [
    "a fragment",
    `subscription ($x: Boolean!) { ...F @skip(if: $x) } fragment F on Subscription { ${FIELD} { status } }`,
  ],
  [
    "a field in fragments of fragments",
    `subscription { ...F } fragment F on Subscription { ...G ...F } fragment G on Subscription { ${FIELD} @skip(if: true) { status } }`,
  ],
];

describe("A condition on the root field of a subscription", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  describe.each(Object.entries(transports))("over %s", (_transport, errorOf) => {
    it.each(DOCUMENTS)("is refused as invalid: %s", async (_what, document) => {
      const error = await errorOf(house, document, { x: true });
      expect(error?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
      expect(error?.extensions.requestId).toBeTruthy();
    });
  });

  it("says what would be right, and where it stands", async () => {
    const { body, status } = await house.send(
      `{ __typename } subscription B { ${FIELD} @skip(if: true) { status } }`,
    );
    expect(status).toBe(400);
    expect(body.errors).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining("neither @skip nor @include"),
        locations: [{ line: 1, column: 71 }],
      }),
    );
  });

  it("leaves the other subscriptions of its socket alone", async () => {
    const client = webSocketClient(house.gateway.url, house.simulator.headers);
    const other = collect(client, { query: `subscription { ${FIELD} { status } }` });
    await until("the other one has begun", () => other.events.length > 0);
    const refused = collect(client, { query: DOCUMENTS[1]?.[1] ?? "" });
    await until("it is refused", () => refused.errors.length > 0);
    const next = collect(client, { query: "{ __typename }" });
    await until("the socket goes on", () => next.completed);
    expect(other.errors).toEqual([]);
    expect(other.completed).toBe(false);
    await client.dispose();
  });

  it("is allowed further below", async () => {
    const client = webSocketClient(house.gateway.url, house.simulator.headers);
    const query = `subscription ($x: Boolean!) { ${FIELD} { versionId status @skip(if: $x) } }`;
    const seen = collect<Record<string, unknown>>(client, { query, variables: { x: true } });
    await until("it has begun", () => seen.events.length > 0);
    expect(Object.keys(seen.events[0] ?? {})).toEqual(["versionId"]);
    await client.dispose();
  });
});
