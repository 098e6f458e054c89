import { expect, test } from "vitest";
import { until } from "../support/until.js";
import { startReplicaSet } from "../unit/watch/support/replica-set.js";

test("what a release keeps of a job in another format counts as gone: one event with the current state says `gap`", async () => {
  await using set = await startReplicaSet(1);
  const { upstream } = set;
  upstream.set("1", "INIT");
  const before = set.replicas[0]?.read();
  await until("the first status", () => before?.told.length === 1);
  upstream.set("1", "WAITING");
  await until("the second status", () => before?.told.length === 2);
  set.replicas[0]?.crash();

  const other = await set.add();
  const names = await other.redis.commands.keys("test:watch*");
  expect(names.filter((name) => !/^test:watch\d+:/.test(name))).toEqual([]);
  for (const name of names) {
    await other.redis.commands.rename(
      name,
      name.replace(/\d+/, (format) => String(Number(format) + 1)),
    );
  }
  upstream.set("1", "RUNNING");
  const after = other.read({ after: before?.cursor ?? "" });
  await until("the current status", () => after.told.length > 0);
  upstream.set("1", "COMPLETED");
  await until("what comes after it", () => after.told.length > 1);
  expect(after.told).toEqual(["1:RUNNING!", "1:COMPLETED"]);
});
