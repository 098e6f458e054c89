import { expect, it } from "vitest";
import { GatewayError, type Violation } from "../../../src/errors.js";
import { judge } from "../../../src/rules/looked-up.js";

const BROKEN: Violation[] = [{ path: ["input"], rule: "a-rule", message: "Give something else." }];
const verdictOn = (answer: string) => (answer === "good" ? [] : BROKEN);
const away = new GatewayError("UPSTREAM_UNAVAILABLE", "It is away.");
const defect = new Error("a defect");

function throwing(error: Error): never {
  throw error;
}

it("a rule that passes on what is there at once waits for nothing", () => {
  expect(judge(() => "good", verdictOn)).toEqual([]);
});

it.each([
  ["at once", (fresh: string) => fresh],
  ["later", async (fresh: string) => fresh],
])("a rule refuses only on a fresh answer, one that comes %s", async (_, answerOf) => {
  const answers = (fresh: string) => judge((options) => answerOf(options.fresh ? fresh : "bad"), verdictOn);
  expect(await answers("bad")).toEqual(BROKEN);
  expect(await answers("good")).toEqual([]);
});

it.each([
  ["rejects", async () => throwing(away)],
  ["throws at once", () => throwing(away)],
])("a rule whose look-up %s is skipped", async (_, lookUp) => {
  expect(await judge(lookUp, verdictOn)).toEqual([]);
});

it.each([
  ["rejects", async () => throwing(defect)],
  ["throws at once", () => throwing(defect)],
])("a defect in a look-up that %s is no verdict", async (_, lookUp) => {
  await expect(judge(lookUp, verdictOn)).rejects.toBe(defect);
});
