import { expect, it } from "vitest";
import { Beacons } from "../../../../src/cache/redis/beacons.js";

function setUp() {
  let now = 0;
  const beacons = new Beacons(() => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { beacons, pass };
}

it("A beacon that comes back shows for 2.5 s after it was sent that the channel works", () => {
  const { beacons, pass } = setUp();
  const beacon = beacons.next();
  pass(1_000);
  expect(beacons.returned(beacon)).toBe(true);
  pass(1_499);
  expect(beacons.isAlive()).toBe(true);
  pass(1);
  expect(beacons.isAlive()).toBe(false);
});

it("A beacon that comes back when another was sent 2.5 s later shows nothing", () => {
  const { beacons, pass } = setUp();
  const overdue = beacons.next();
  pass(2_500);
  beacons.next();
  expect(beacons.returned(overdue)).toBe(false);
});

it("Another replica's beacon shows nothing, nor does one of before it began anew", () => {
  const { beacons } = setUp();
  expect(beacons.returned(setUp().beacons.next())).toBe(false);
  const before = beacons.next();
  beacons.beginAnew();
  beacons.next();
  expect(beacons.returned(before)).toBe(false);
});

it("What others were told is counted, and anew where the count is not sure any more", () => {
  const { beacons } = setUp();
  const { sender } = beacons;
  beacons.countTold(sender);
  expect(beacons.next()).toMatchObject({ sender, number: 1, told: 1 });
  beacons.beginAnew();
  beacons.countTold(sender);
  expect(beacons.next()).toMatchObject({ number: 1, told: 0 });
});
