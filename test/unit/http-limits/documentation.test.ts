import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FIXED_LIMITS } from "../../../src/http/limits/index.js";
import { costOf, depthOf, limitOf, refusal } from "./support.js";

const text = readFileSync(new URL("../../../docs/limits.md", import.meta.url), "utf8");

/** Each section headed "Example", with its query and the numbers in bold that it promises. */
const examples = text
  .split(/^#{2,3} /m)
  .filter((section) => section.startsWith("Example"))
  .map((section) => ({
    title: section.split("\n")[0] ?? "",
    query: /```graphql\n([\s\S]*?)```/.exec(section)?.[1] ?? "",
    cost: Number(/[Cc]ost \*\*([\d.]+)\*\*/.exec(section)?.[1]),
    depth: Number(/depth \*\*(\d+)\*\*/.exec(section)?.[1]),
    refused: section.includes("Refused."),
  }));

test("docs/limits.md works three examples", () => {
  expect(examples).toHaveLength(3);
});

test.each(examples)("docs/limits.md, $title: the numbers are right", ({ query, cost, depth, refused }) => {
  expect(costOf(query)).toBe(cost);
  expect(depthOf(query)).toBe(depth);
  expect(limitOf(query) !== undefined).toBe(refused);
});

test("docs/limits.md: what the examples would cost with other fields is right", () => {
  const [, second, third] = examples;
  expect(text).toContain(
    `Without \`engineName\` it would be ${costOf(second?.query.replace("engineName", "") ?? "")}.`,
  );
  const withoutSpecCode = costOf(third?.query.replace("specCode", "versionName") ?? "");
  expect(text).toContain(`without \`specCode\` (cost ${withoutSpecCode} with \`versionName\` in its place)`);
});

test("docs/limits.md shows the error of its third example", () => {
  const error = refusal(examples[2]?.query ?? "");
  const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "");
  expect(shown).toEqual({ message: error?.message, extensions: error?.extensions });
});

test.each(Object.entries(FIXED_LIMITS))(
  "docs/limits.md lists the fixed limit %s with its value",
  (name, maximum) => {
    expect(text).toContain(`| ${name} | ${maximum} | fixed |`);
  },
);
