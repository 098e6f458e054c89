import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ERROR_CODES, type ErrorDetails, GatewayError, hasCode } from "../../src/errors.js";
import { refusalOf } from "../../src/upstream/errors/refusal-codes.js";

const text = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/** Codes of documents and requests that are none. */
const APOLLO_CODES = ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST"];
const ALL_CODES = [...ERROR_CODES, ...APOLLO_CODES].toSorted();

/** Every detail that an error can carry; the compiler refuses this list when it is not complete. */
const DETAILS = Object.keys({
  violations: true,
  upstream: true,
  outcome: true,
  retryAfterMs: true,
  dependency: true,
  limit: true,
  candidates: true,
} satisfies Record<keyof ErrorDetails, true>);

function namesIn(cell: string | undefined): string[] {
  return [...(cell ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name ?? "");
}

/** The rows of the table whose first column is headed `heading`. */
function table(heading: string): string[][] {
  const lines = text.split("\n");
  const rows = lines.slice(lines.findIndex((line) => line.startsWith(`| ${heading} |`)) + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) => line.split("|").slice(1, -1));
}

const catalogue = table("code").map(([code, when, extensions]) => ({
  code: namesIn(code)[0] ?? "",
  when: when ?? "",
  extensions: namesIn(extensions),
}));

const sections = text
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    code: section.split("\n")[0] ?? "",
    advice: section.split("```")[0]?.split("\n").slice(1).join(" ").trim() ?? "",
    examples: [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json ?? "")),
  }));

describe("docs/errors.md", () => {
  test("lists every code of the catalogue once, and no other", () => {
    expect(catalogue.map(({ code }) => code).toSorted()).toEqual(ALL_CODES);
  });

  test("has a section for every code", () => {
    expect(sections.map(({ code }) => code)).toEqual(catalogue.map(({ code }) => code));
  });

  test("explains every detail that an error can carry, and no other", () => {
    expect(table("name").flatMap(([name]) => namesIn(name))).toEqual(DETAILS);
  });

  test("says of every detail which code carries it", () => {
    const carried = new Set(catalogue.flatMap(({ extensions }) => extensions));
    expect([...carried].toSorted()).toEqual(DETAILS.toSorted());
  });

  test.each(catalogue)(
    "gives $code to the ModelArts and API gateway codes that the catalogue does",
    ({ code, when }) => {
      for (const [upstreamCode] of when.matchAll(/(?:ModelArts|APIGW)\.\d+/g)) {
        expect([upstreamCode, refusalOf(400, upstreamCode, true)?.code]).toEqual([upstreamCode, code]);
        expect([upstreamCode, refusalOf(200, upstreamCode, true)?.code]).toEqual([upstreamCode, code]);
      }
    },
  );

  test.each(sections)(
    "tells what to do about $code, and shows an error of it",
    ({ code, advice, examples }) => {
      expect(advice.length).toBeGreaterThan(20);
      expect(examples).toHaveLength(1);
      const { message, extensions } = examples[0];
      const { code: shown, requestId, ...details } = extensions;
      expect(message).toMatch(/^[A-Z].*[.?]$/);
      expect(shown).toBe(code);
      expect(requestId).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
      const allowed = catalogue.find((row) => row.code === code)?.extensions ?? [];
      expect(allowed).toEqual(expect.arrayContaining(Object.keys(details)));
    },
  );
});

describe("a gateway error", () => {
  test("gives its code and details to extensions, and nothing else", () => {
    const error = new GatewayError(
      "RATE_LIMITED",
      "Slow down.",
      { retryAfterMs: 5 },
      { cause: new Error("inner") },
    );
    expect(error.extensions).toEqual({ code: "RATE_LIMITED", retryAfterMs: 5 });
    expect(error.message).toBe("Slow down.");
  });

  test("is recognised by its code", () => {
    const error = new GatewayError("CONFLICT", "Taken.");
    expect(hasCode(error, "CONFLICT")).toBe(true);
    expect(hasCode(error, "NOT_FOUND")).toBe(false);
    expect(hasCode(new Error("CONFLICT"), "CONFLICT")).toBe(false);
  });
});

describe("the schema's descriptions", () => {
  test("name no error code but those of the catalogue", () => {
    const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
    const descriptions = [...sdl.matchAll(/"""([\s\S]*?)"""/g)].map(([, description]) => description ?? "");
    const enumValues = new Set([...sdl.matchAll(/^ {2}([A-Z][A-Z_]+)$/gm)].map(([, value]) => value));
    const named = descriptions.flatMap((description) => description.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []);
    const codes = named.filter((name) => !enumValues.has(name) && !name.startsWith("JOBSTAT_"));
    expect(codes).toContain("BAD_USER_INPUT");
    expect(codes.filter((code) => !ALL_CODES.some((known) => known === code))).toEqual([]);
  });
});
