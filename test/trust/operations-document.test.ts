import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createMetrics } from "../../src/observability/metrics.js";

const DOCUMENT = readFileSync("docs/operations.md", "utf8");

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

it("docs/operations.md names every metric of the gateway, and no other", async () => {
  const text = await createMetrics().text();
  const known = [...text.matchAll(/^# TYPE (modelarts_gateway_\w+)/gm)].map(([, name]) => name);
  const table = DOCUMENT.slice(DOCUMENT.indexOf("## Metrics"), DOCUMENT.indexOf("## Logs"));
  const listed = [...table.matchAll(/modelarts_gateway_\w+/g)].map(([name]) => name);
  expect(listed.toSorted()).toEqual(known.toSorted());
  const mentioned = [...DOCUMENT.matchAll(/modelarts_gateway_\w+/g)].map(([name]) => name);
  expect(mentioned.filter((name) => !known.includes(name))).toEqual([]);
});

it("docs/operations.md names every log event of level info and above", () => {
  const logged = sources("src").flatMap((source) => [
    ...source.matchAll(/log(?:\.(?:info|warn|error|fatal)|\[\w+\])\(\s*\{\s*event: "(\w+)"/g),
  ]);
  const events = new Set(logged.map(([, event]) => event));
  expect(events.size).toBeGreaterThan(20);
  expect([...events].filter((event) => !DOCUMENT.includes(`\`${event}\``))).toEqual([]);
});

it("docs/operations.md names settings that exist", () => {
  const settings = readFileSync("docs/configuration.md", "utf8");
  const named = DOCUMENT.match(/`[A-Z]+(?:_[A-Z]+)+`/g) ?? [];
  const codes = readFileSync("docs/errors.md", "utf8");
  expect(named.filter((name) => !settings.includes(name) && !codes.includes(name))).toEqual([]);
});
