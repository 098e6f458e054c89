import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PollThrottle } from "../../src/watch/ports.js";
import { type OpenStores, STORE_KINDS } from "../unit/watch/support/stores.js";

describe.each(STORE_KINDS)("the throttle kept in $kind", ({ open }) => {
  let opened: OpenStores;
  let throttle: PollThrottle;
  beforeEach(async () => {
    opened = await open();
    throttle = opened.stores.throttle;
  });
  afterEach(() => opened.close());

  test("does not slow a project before its first 429", async () => {
    expect(await throttle.state("p")).toEqual({ waitMs: 0, factor: 1 });
  });

  test("silences a project for as long as the upstream asked, and halves its pace", async () => {
    await throttle.slow("p", 600_000);
    const { waitMs, factor } = await throttle.state("p");
    expect(waitMs).toBeGreaterThan(500_000);
    expect(waitMs).toBeLessThanOrEqual(600_000);
    expect(factor).toBeGreaterThan(1.5);
    expect(factor).toBeLessThanOrEqual(2);
  });

  test("leaves other projects alone", async () => {
    await throttle.slow("p", 600_000);
    expect(await throttle.state("q")).toEqual({ waitMs: 0, factor: 1 });
  });

  test("counts refusals that come together as one", async () => {
    await Promise.all([throttle.slow("p", 600_000), throttle.slow("p", 500_000)]);
    await throttle.slow("p", 1);
    const { waitMs, factor } = await throttle.state("p");
    expect(waitMs).toBeGreaterThan(400_000);
    expect(factor).toBeLessThanOrEqual(2);
  });
});
