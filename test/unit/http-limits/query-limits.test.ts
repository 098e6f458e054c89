import { getIntrospectionQuery, getOperationAST, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { createQueryLimits } from "../../../src/http/limits/index.js";
import { costOf, defaultLimits, depthOf, limitOf, many, refusal, schema, VERSION_FIELDS } from "./support.js";

describe("the default limits let through", () => {
  test("50 jobs with every field of their current versions", () => {
    const query = `{ trainingJobs(perPage: 50) { jobTotalCount jobs { jobId jobName currentVersion { ${VERSION_FIELDS} specCode } } } }`;
    expect(refusal(query)).toBeUndefined();
  });

  test("a job with 20 versions, every field and the spec of each", () => {
    const query = `{ trainingJob(jobId: 1) { versions(perPage: 20) { ${VERSION_FIELDS} specCode resourceSpec { maxNum } } } }`;
    expect(refusal(query)).toBeUndefined();
  });

  test("100 aliased lookups of versions with every field", () => {
    const lookup = (n: number) => `v${n}: trainingJobVersion(jobId: 1, versionId: ${n}) { ...All }`;
    const query = `{ ${many(100, lookup)} } fragment All on TrainingJobVersion { ${VERSION_FIELDS} specCode }`;
    expect(refusal(query)).toBeUndefined();
  });

  test("100 aliased lookups of versions with 40 fields written out", () => {
    const lookup = (n: number) =>
      `v${n}: trainingJobVersion(jobId: 1, versionId: ${n}) { ${VERSION_FIELDS} }`;
    expect(refusal(`{ ${many(100, lookup)} }`)).toBeUndefined();
  });

  test("a chain of ten previous versions", () => {
    const chain = `${"preVersion { ".repeat(10)} versionName ${"}".repeat(10)}`;
    expect(refusal(`{ trainingJobVersion(jobId: 1, versionId: 2) { ${chain} } }`)).toBeUndefined();
  });

  test.each([
    ["as graphql-js writes it", {}],
    [
      "with everything that explorers ask for",
      {
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      },
    ],
  ])("the standard introspection query, %s", (_name, options) => {
    expect(refusal(getIntrospectionQuery(options))).toBeUndefined();
    expect(costOf(getIntrospectionQuery(options))).toBe(0);
    expect(depthOf(getIntrospectionQuery(options))).toBe(1);
  });
});

describe("depth", () => {
  test("counts nested selection sets, the root's as 1", () => {
    expect(depthOf("{ __typename }")).toBe(1);
    expect(depthOf("{ trainingJob(jobId: 1) { jobId } }")).toBe(2);
    expect(depthOf("{ trainingJobs { jobs { currentVersion { parameter { label } } } } }")).toBe(5);
  });

  test("is not added to by fragments, which count where they are spread", () => {
    const fragment = "fragment V on TrainingJobVersion { preVersion { status } }";
    expect(
      depthOf(`{ trainingJob(jobId: 1) { ... on TrainingJob { currentVersion { ...V } } } } ${fragment}`),
    ).toBe(4);
  });

  test("beyond the maximum is refused with the limit and the value", () => {
    const chain = `${"preVersion { ".repeat(11)} versionName ${"}".repeat(11)}`;
    const error = refusal(`{ trainingJobVersion(jobId: 1, versionId: 2) { ${chain} } }`);
    expect(error?.extensions).toEqual({
      code: "LIMIT_EXCEEDED",
      limit: { name: "depth", maximum: 12, actual: 13 },
    });
    expect(error?.message).toBe("The operation nests selection sets too deeply: 13, where 12 is the limit.");
  });

  test("of any operation of the document counts, whichever is run", () => {
    const deep = `query Deep { trainingJobVersion(jobId: 1, versionId: 2) { ${"preVersion { ".repeat(12)} status ${"}".repeat(12)} } }`;
    expect(limitOf(`query Flat { __typename } ${deep}`, { operationName: "Flat" })).toMatchObject({
      name: "depth",
    });
  });

  test("that exhausts the parser's stack is refused as depth, not as a defect", () => {
    const source = `{ a ${"{ a ".repeat(3_300)} ${"}".repeat(3_301)}`;
    expect(limitOf(source)).toEqual({ name: "depth", maximum: 12, actual: 3_301 });
    const limits = defaultLimits();
    expect(limits.explainParseFailure(source, new RangeError("stack"))?.details.limit).toEqual({
      name: "depth",
      maximum: 12,
      actual: 3_301,
    });
  });
});

describe("cost", () => {
  test("beyond the maximum is refused with the limit and the value", () => {
    const error = refusal("{ trainingJobs(perPage: 300) { jobs { currentVersion { appUrl } } } }");
    expect(error?.extensions).toEqual({
      code: "LIMIT_EXCEEDED",
      limit: { name: "cost", maximum: 10_000, actual: 15_080.1 },
    });
  });

  test("is checked anew for other values of the variables", () => {
    const limits = defaultLimits();
    const document = limits.parse(
      "query ($n: Int) { trainingJobs(perPage: $n) { jobs { currentVersion { appUrl } } } }",
    );
    const operation = getOperationAST(document);
    if (!operation) throw new Error("no operation");
    const check = (n: number) => () => limits.check({ schema, document, operation, variables: { n } });
    for (const _again of [1, 2]) {
      expect(check(50)).not.toThrow();
      expect(check(500)).toThrow("The operation costs too much: 25100.1, where 10000 is the limit.");
    }
  });

  test("leaves a variable of the wrong type to the executor", () => {
    const query = "query ($n: Int) { trainingJobs(perPage: $n) { jobs { currentVersion { appUrl } } } }";
    expect(refusal(query, { variables: { n: "many" } })).toBeUndefined();
  });

  test("does not depend on variables that are not page sizes, and does not read them", () => {
    const query = "query ($id: ID!) { trainingJob(jobId: $id) { jobName } }";
    expect(refusal(query, { variables: { id: { not: "an id" } } })).toBeUndefined();
  });
});

describe("tokens", () => {
  test("beyond 10,000 are refused with their number, however far the parser came", () => {
    expect(limitOf(`{ ${"jobId ".repeat(12_000)} }`)).toEqual({
      name: "tokens",
      maximum: 10_000,
      actual: 12_002,
    });
  });

  test("within the limit leave a malformed document to the parser", () => {
    expect(() => refusal("{ trainingJob(")).toThrow("Syntax Error");
    expect(() => refusal("{ trainingJob( \u0000")).toThrow("Syntax Error");
  });
});

describe("aliases and directives", () => {
  test("more than 500 aliases are refused", () => {
    expect(limitOf(`{ ${many(500, (n) => `a${n}: __typename`)} }`)).toBeUndefined();
    expect(limitOf(`{ ${many(501, (n) => `a${n}: __typename`)} }`)).toEqual({
      name: "aliases",
      maximum: 500,
      actual: 501,
    });
  });

  test("more than 100 directives are refused, before validation looks at them", () => {
    expect(limitOf(`{ ${many(100, (n) => `a${n}: __typename @skip(if: false)`)} }`)).toBeUndefined();
    expect(limitOf(`{ __typename ${"@nonsense ".repeat(101)} }`)).toEqual({
      name: "directives",
      maximum: 100,
      actual: 101,
    });
  });

  test("those in fragments count once for each time that they are written", () => {
    const fragment = `fragment F on Query { ${many(300, (n) => `a${n}: __typename`)} }`;
    expect(limitOf(`{ ...F ... { ...F } } ${fragment}`)).toBeUndefined();
    expect(limitOf(`{ ...F ${many(201, (n) => `b${n}: __typename`)} } ${fragment}`)).toMatchObject({
      actual: 501,
    });
  });
});

describe("fragments", () => {
  const doubling = (levels: number) => {
    const step = (n: number) =>
      `fragment F${n} on TrainingJobVersion { a: parameter { label } ...F${n + 1} ... { ...F${n + 1} } }`;
    return `{ trainingJobVersion(jobId: 1, versionId: 2) { ...F0 } } ${many(levels, step)}
      fragment F${levels} on TrainingJobVersion { versionId }`;
  };

  test("that double 60 times are refused by their number, without being spread out", () => {
    expect(limitOf(doubling(60))).toEqual({
      name: "fields",
      maximum: 10_000,
      actual: Number.MAX_SAFE_INTEGER,
    });
  });

  test("count as often as they are spread", () => {
    const fragment = `fragment F on TrainingJobVersion { ${VERSION_FIELDS} }`;
    const lookup = (n: number) => `v${n}: trainingJobVersion(jobId: 1, versionId: ${n}) { ...F }`;
    expect(limitOf(`{ ${many(250, lookup)} } ${fragment}`)).toMatchObject({
      name: "fields",
      actual: 250 * 50,
    });
  });

  test("in a cycle are left to validation", () => {
    const cyclic = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    expect(() => refusal(cyclic)).toThrow('Cannot spread fragment "A" within itself via "B".');
  });

  test("that are unknown are left to validation", () => {
    expect(() => refusal("{ ...Nowhere }")).toThrow('Unknown fragment "Nowhere".');
  });

  test("in a long chain do not exhaust the stack", () => {
    const step = (n: number) => `fragment F${n} on Query { ...F${n + 1} }`;
    const chain = `{ ...F0 } ${many(1_200, step)} fragment F1200 on Query { __typename }`;
    const limits = defaultLimits();
    expect(() => limits.checkDocument(limits.parse(chain))).not.toThrow();
  });
});

describe("introspection", () => {
  test("that recurses beyond its own depth is refused", () => {
    const deep = `{ __schema { types { ${"ofType { ".repeat(19)} name ${"}".repeat(19)} } } }`;
    expect(limitOf(deep)).toEqual({ name: "introspectionDepth", maximum: 20, actual: 21 });
  });

  test("through a fragment counts where the fragment is spread", () => {
    const query = `{ __type(name: "Query") { ...T } }
      fragment T on __Type { ${"ofType { ".repeat(20)} name ${"}".repeat(20)} }`;
    expect(limitOf(query)).toMatchObject({ name: "introspectionDepth", actual: 21 });
    expect(depthOf(query)).toBe(1);
  });

  test("of the whole schema many times over is refused", () => {
    const fields = many(300, (n) => `a${n}: name`);
    const query = `{ ${many(5, (n) => `s${n}: __schema { types { ...T } }`)} } fragment T on __Type { ${fields} }`;
    expect(limitOf(query)).toMatchObject({ name: "introspectionFields", maximum: 1_000, actual: 5 * 302 });
  });
});

test("a document is looked at once, however often it is checked", () => {
  const limits = createQueryLimits({ maxDepth: 12, maxCost: 10_000 });
  const document = parse("{ trainingJob(jobId: 1) { jobName } }");
  let reads = 0;
  const observed = new Proxy(document, {
    get(target, name, receiver) {
      if (name === "definitions") reads += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  const operation = getOperationAST(document);
  if (!operation) throw new Error("no operation");
  limits.check({ schema, document: observed, operation, variables: {} });
  const afterFirst = reads;
  limits.check({ schema, document: observed, operation, variables: {} });
  expect(afterFirst).toBeGreaterThan(0);
  expect(reads).toBe(afterFirst);
});
