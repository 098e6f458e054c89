import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONG_MAX } from "../../../src/domain/index.js";
import { Gateway } from "../resolvers/gateway.js";
import { Project, sampleContents } from "../resolvers/project.js";
import { brokenBy, type Fields, inputWith, violationsOf } from "./validate.js";

/** The sample with one id replaced; ids that only look things up are looked up in vain, which no shape rule minds. */
function withId(field: string, value: unknown): Fields {
  return field === "jobId" ? inputWith({}, { jobId: value }) : inputWith({ [field]: value });
}

/** A gateway whose lookups fail, so that only the shape of an id counts. */
function shapeOnly(): Gateway {
  const project = new Project(sampleContents());
  project.breakDown("trainingJob", "resourceSpecs", "engineSpecs", "trainingJobVersion");
  return new Gateway(project);
}

const IDS: [field: string, min: 0 | 1][] = [
  ["jobId", 1],
  ["preVersionId", 1],
  ["specId", 0],
  ["engineId", 0],
  ["modelId", 0],
];

function where(field: string): string {
  return field === "jobId" ? "jobId: long-id" : `config.${field}: long-id`;
}

describe.each(IDS)("long-id of %s, from %i", (field, min) => {
  const broken = (value: unknown) => brokenBy(withId(field, value), shapeOnly());

  async function expectOfAll<T>(values: fc.Arbitrary<T>, expected: string[]): Promise<void> {
    const property = fc.asyncProperty(values, async (value) => {
      expect(await broken(value)).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 40 });
  }

  it("accepts every 64-bit id as a string", async () => {
    await expectOfAll(fc.bigInt({ min: BigInt(min), max: LONG_MAX }).map(String), []);
    expect(await broken(String(LONG_MAX))).toEqual([]);
    expect(await broken(String(min))).toEqual([]);
  });

  it("accepts JSON numbers up to 2^53 - 1", async () => {
    await expectOfAll(fc.integer({ min, max: Number.MAX_SAFE_INTEGER }), []);
    expect(await broken(Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it("refuses JSON numbers beyond 2^53 - 1, whose digits are lost", async () => {
    await expectOfAll(fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(Number), [where(field)]);
    const [violation] = await violationsOf(withId(field, 2 ** 53), shapeOnly());
    expect(violation?.message).toContain("as a string");
  });

  it.each([
    "",
    " 1",
    "1 ",
    "01",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x1",
    "\u0661",
    "1\n",
    String(LONG_MAX + 1n),
    "1".repeat(40),
    "../1",
    -1,
    ...(min === 1 ? ["0", 0] : []),
  ])("refuses %j", async (value) => {
    expect(await broken(value)).toEqual([where(field)]);
  });

  it("refuses whatever is not digits", async () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 24 }).filter((text) => !/^\d+$/.test(text));
    await expectOfAll(texts, [where(field)]);
  });
});
