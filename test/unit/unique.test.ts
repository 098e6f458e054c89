import { describe, expect, it } from "vitest";
import { createNames } from "../../src/unique.js";

describe("Names", () => {
  it("are different from each other and from those of every other maker", () => {
    const makers = [createNames(), createNames()];
    const names = makers.flatMap((newName) => [newName(), newName(), newName()]);
    expect(new Set(names).size).toBe(6);
  });

  it("can stand in ids, keys and headers", () => {
    expect(createNames()()).toMatch(/^[A-Za-z0-9_.-]{1,40}$/);
  });
});
