import { describe, expect, it } from "vitest";
import { intentOf } from "../../../src/creation/intent.js";
import type { NewVersion } from "../../../src/domain/index.js";
import { id, sampleVersion } from "./samples.js";

const print = (version: NewVersion) => intentOf("project", "key", version).fingerprint;
const { engineId: _, ...withoutEngine } = sampleVersion().config;

describe("two inputs are the same", () => {
  it("whatever the order of their fields", () => {
    const { config, ...rest } = sampleVersion();
    const reversed = Object.fromEntries(Object.entries(config).toReversed()) as typeof config;
    expect(print({ config: reversed, ...rest })).toBe(print(sampleVersion()));
  });

  it("when one leaves the description out and the other's is blank", () => {
    expect(print(sampleVersion({}, ""))).toBe(print(sampleVersion()));
  });

  it("when one leaves the engine out and the other names the default, with neither model nor image", () => {
    expect(print({ jobId: id("10"), config: withoutEngine })).toBe(
      print(sampleVersion({ engineId: id("1") })),
    );
  });
});

describe("two inputs differ", () => {
  const different: [string, NewVersion][] = [
    ["the job", { ...sampleVersion(), jobId: id("11") }],
    ["the description", sampleVersion({}, "another")],
    ["an id in its last of 19 digits", sampleVersion({ specId: id("9223372036854775807") })],
    [
      "the order of the parameters",
      sampleVersion({ parameter: sampleVersion().config.parameter?.toReversed() ?? [] }),
    ],
    [
      "a parameter without a value beside one with a blank value",
      sampleVersion({ parameter: [{ label: "a" }] }),
    ],
    ["a trailing slash", sampleVersion({ trainUrl: "/usr/train" })],
    ["the number of nodes", sampleVersion({ workerServerNum: 2 })],
    ["no parameters beside an empty list of them", sampleVersion({ parameter: [] })],
  ];

  it.each(different)("in %s", (_what, version) => {
    const all = different.map(([, other]) => print(other));
    expect(all.filter((other) => other === print(version))).toHaveLength(1);
    expect(print(version)).not.toBe(print(sampleVersion()));
  });

  it("in the default engine beside an image, where it is not forwarded", () => {
    const image = { ...withoutEngine, userImageUrl: "swr/image:1" };
    const jobId = id("10");
    expect(print({ jobId, config: image })).not.toBe(
      print({ jobId, config: { ...image, engineId: id("1") } }),
    );
  });
});

describe("a key", () => {
  it("is known by a hash alone", () => {
    expect(intentOf("project", "a-key", sampleVersion()).keyId).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it("belongs to its project, wherever the border between the two is", () => {
    const ids = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc", ""],
    ].map(([project = "", key = ""]) => intentOf(project, key, sampleVersion()).keyId);
    expect(new Set(ids).size).toBe(3);
  });
});
