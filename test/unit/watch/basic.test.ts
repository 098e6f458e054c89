import { expect, test } from "vitest";
import { FakeClock } from "../../support/fake-clock.js";
import { until } from "../../support/until.js";
import { id, startReplica } from "./support/replica.js";
import { ScriptedUpstream } from "./support/scripted-upstream.js";

test("a version's subscription starts with the current status, tells each change and completes after the terminal one", async () => {
  const clock = new FakeClock();
  const upstream = new ScriptedUpstream();
  upstream.set("1", "RUNNING");
  const { watch, read } = startReplica({ upstream, clock });
  const reader = read({ versionId: id("1") });
  await until("first event", () => reader.events.length === 1);
  upstream.set("1", "KILLING");
  await clock.advance(2_100);
  await until("second event", () => reader.events.length === 2);
  upstream.set("1", "KILLED");
  await clock.advance(2_100);
  await reader.done;
  expect(reader.told).toEqual(["1:RUNNING", "1:KILLING", "1:KILLED"]);
  expect(reader.events.map((e) => e.previousStatus)).toEqual([null, "RUNNING", "KILLING"]);
  expect(reader.error).toBeUndefined();
  await watch.close();
});
