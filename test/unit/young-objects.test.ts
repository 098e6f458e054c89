import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Makes objects that all live on, each kind in a function of its own, and tells of each kind where the next one is allocated. */
const SURVIVORS = `
  const young = [];
  for (let kind = 0; kind < 5; kind += 1) {
    const make = new Function("i", "return { kind: " + kind + ", numbers: [i, i + 1] };");
    const kept = [];
    for (let i = 0; i < 500_000; i += 1) kept.push(make(i));
    young.push(%InYoungGeneration(make(0)));
  }
  console.log(JSON.stringify(young));
`;

it("allocates objects among the young, however many of their kind have lived on", () => {
  const start = 'import { keepObjectsYoung } from "./src/young-objects.ts"; keepObjectsYoung();';
  const flags = ["--allow-natives-syntax", "--import", "@oxc-node/core/register", "--input-type=module"];
  const output = execFileSync(process.execPath, [...flags, "--eval", start + SURVIVORS], {
    cwd: root,
    encoding: "utf8",
  });
  expect(JSON.parse(output)).toEqual([true, true, true, true, true]);
});
