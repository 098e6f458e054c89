import { describe, expect, it } from "vitest";
import { hasConfigOf } from "../../../src/creation/matching.js";
import type { NewVersion, TrainingJobVersion } from "../../../src/domain/index.js";
import { id, sampleVersion, versionOf } from "./samples.js";

type Config = NewVersion["config"];

const { appUrl: _a, bootFileUrl: _b, engineId: _e, ...withoutCode } = sampleVersion().config;
const { datasetId: _d, datasetVersionId: _v, ...withoutData } = sampleVersion().config;

const SAMPLE = sampleVersion();
const WITH_URL: NewVersion = { jobId: id("10"), config: { ...withoutData, dataUrl: "/usr/data/" } };
const WITH_SOURCES: NewVersion = {
  jobId: id("10"),
  config: {
    ...withoutData,
    dataSource: [
      { type: "OBS", dataUrl: "/usr/one/" },
      { type: "OBS", dataUrl: "/usr/two/" },
    ],
  },
};
const WITH_MODEL: NewVersion = { jobId: id("10"), config: { ...withoutCode, modelId: id("7") } };
const { parameter: _p, ...withoutParameters } = WITH_MODEL.config;
const WITH_MODEL_ALONE: NewVersion = { jobId: id("10"), config: withoutParameters };
const WITH_IMAGE = sampleVersion({ userImageUrl: "swr/image:1", userCommand: "python boot.py" });
const OF_POOL: NewVersion = (() => {
  const { specId: _s, ...config } = sampleVersion().config;
  return { jobId: id("10"), config: { ...config, poolId: "pool-1" } };
})();

describe("a listed version has the config that was sent", () => {
  it.each([
    ["a data set", SAMPLE],
    ["an OBS path", WITH_URL],
    ["data sources", WITH_SOURCES],
    ["a built-in model", WITH_MODEL],
    ["a custom image", WITH_IMAGE],
    ["a dedicated pool", OF_POOL],
  ])("when it shows every field as it was sent, with %s", (_what, sent) => {
    expect(hasConfigOf(sent, versionOf(sent))).toBe(true);
  });

  it("when the default engine was added to what was given", () => {
    const { engineId: _, ...config } = SAMPLE.config;
    expect(hasConfigOf({ jobId: id("10"), config }, versionOf(SAMPLE))).toBe(true);
  });

  const shown: [string, NewVersion, Partial<TrainingJobVersion>][] = [
    [
      "leaves out what has a value",
      SAMPLE,
      { logUrl: null, engineId: null, preVersionId: null, specId: null },
    ],
    ["shows blank texts", SAMPLE, { userImageUrl: "", userCommand: "", dataUrl: "" }],
    [
      "shows directories without their trailing slash",
      SAMPLE,
      { appUrl: "/usr/app", trainUrl: "/usr/train" },
    ],
    [
      "shows a parameter's number in another spelling",
      sampleVersion({ parameter: [{ label: "lr", value: "0.010" }] }),
      { parameter: [{ label: "lr", value: "0.01" }] },
    ],
    ["shows the job's description", sampleVersion({}, "sent"), { jobDesc: "another" }],
    ["resolves a data set to its path", SAMPLE, { dataUrl: "/resolved/", datasetName: "cats" }],
    [
      "shows an OBS path as a data source, too",
      WITH_URL,
      { dataSource: [{ type: "OBS", dataUrl: "/usr/data/", datasetId: null, datasetVersion: null }] },
    ],
    [
      "shows a data source without its type",
      WITH_SOURCES,
      {
        dataSource: [
          { type: null, dataUrl: "/usr/one", datasetId: null, datasetVersion: null },
          { type: null, dataUrl: "/usr/two", datasetId: null, datasetVersion: null },
        ],
      },
    ],
    [
      "shows the engine and code of a built-in model",
      WITH_MODEL,
      { engineId: id("4"), appUrl: "/built-in/" },
    ],
    [
      "shows a built-in model's own parameters where none were sent",
      WITH_MODEL_ALONE,
      { parameter: [{ label: "batch_size", value: "64" }] },
    ],
    ["shows model 0 for none", SAMPLE, { modelId: id("0") }],
    ["shows the spec of a dedicated pool", OF_POOL, { specId: id("3") }],
  ];
  it.each(shown)("when it %s", (_what, sent, fields) => {
    expect(hasConfigOf(sent, { ...versionOf(sent), ...fields })).toBe(true);
  });
});

describe("a listed version has another config", () => {
  const changes: [keyof Config, Partial<Config>][] = [
    ["workerServerNum", { workerServerNum: 2 }],
    ["appUrl", { appUrl: "/usr/other/" }],
    ["bootFileUrl", { bootFileUrl: "/usr/app/other.py" }],
    ["parameter", { parameter: [{ label: "learning_rate", value: "0.02" }] }],
    ["datasetId", { datasetId: "another" }],
    ["datasetVersionId", { datasetVersionId: "another" }],
    ["specId", { specId: id("2") }],
    ["engineId", { engineId: id("2") }],
    ["modelId", { modelId: id("2") }],
    ["trainUrl", { trainUrl: "/usr/other/" }],
    ["logUrl", { logUrl: "/usr/other/" }],
    ["preVersionId", { preVersionId: id("21") }],
    ["userImageUrl", { userImageUrl: "swr/image:1" }],
    ["userCommand", { userCommand: "python other.py" }],
  ];
  it.each(changes)("when its %s is another", (_field, change) => {
    expect(hasConfigOf(SAMPLE, versionOf(sampleVersion(change)))).toBe(false);
  });

  const shown: [string, NewVersion, Partial<TrainingJobVersion>][] = [
    ["parameters in another order", SAMPLE, { parameter: versionOf(SAMPLE).parameter.toReversed() }],
    ["more parameters", SAMPLE, { parameter: [...versionOf(SAMPLE).parameter, { label: "x", value: "y" }] }],
    ["no parameters", SAMPLE, { parameter: [] }],
    [
      "parameters, where none were sent",
      sampleVersion({ parameter: [] }),
      { parameter: [{ label: "x", value: "y" }] },
    ],
    [
      "an id that differs in its last of 19 digits",
      sampleVersion({ specId: id("9223372036854775807") }),
      { specId: id("9223372036854775806") },
    ],
    [
      "a long parameter that a double could not tell apart",
      sampleVersion({ parameter: [{ label: "seed", value: "9007199254740993" }] }),
      { parameter: [{ label: "seed", value: "9007199254740992" }] },
    ],
    ["another OBS path", WITH_URL, { dataUrl: "/usr/other/" }],
    ["a data set instead of an OBS path", WITH_URL, { dataUrl: null, datasetId: "cats" }],
    [
      "data sources in another order",
      WITH_SOURCES,
      { dataSource: versionOf(WITH_SOURCES).dataSource.toReversed() },
    ],
    ["fewer data sources", WITH_SOURCES, { dataSource: versionOf(WITH_SOURCES).dataSource.slice(1) }],
    [
      "data sets as sources instead of an OBS path",
      WITH_URL,
      {
        dataUrl: null,
        dataSource: [{ type: "DATASET", dataUrl: null, datasetId: "a", datasetVersion: "b" }],
      },
    ],
    [
      "a log path, where none was sent",
      (() => {
        const { logUrl: _, ...config } = SAMPLE.config;
        return { jobId: id("10"), config };
      })(),
      { logUrl: "/usr/log/" },
    ],
    ["another pool", OF_POOL, { poolId: "pool-2" }],
    ["another model", WITH_MODEL, { modelId: id("8") }],
    ["another command", WITH_IMAGE, { userCommand: "python other.py" }],
  ];
  it.each(shown)("when it shows %s", (_what, sent, fields) => {
    expect(hasConfigOf(sent, { ...versionOf(sent), ...fields })).toBe(false);
  });

  it("when it is the previous version itself", () => {
    expect(hasConfigOf(SAMPLE, { ...versionOf(SAMPLE), versionId: id("20"), preVersionId: null })).toBe(
      false,
    );
  });
});
