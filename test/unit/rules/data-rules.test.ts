import { describe, expect, it } from "vitest";
import { brokenBy, DATASET_ITEM, type Fields, inputWith, NO_DATA, OBS_ITEM, sources } from "./validate.js";

/** What is given in place of the sample's fields, and what it breaks. */
type Case = [what: string, config: Fields, broken: string[]];

describe("dataset-exactly-one and dataset-id-with-version", () => {
  const dataUrl = "/usr/data/";
  it.each<Case>([
    ["the pair", {}, []],
    ["a path", { ...NO_DATA, dataUrl }, []],
    ["sources", sources(OBS_ITEM), []],
    ["none", NO_DATA, ["config.dataUrl: dataset-exactly-one"]],
    ["path and pair: the pair, by its id", { dataUrl }, ["config.datasetId: dataset-exactly-one"]],
    [
      "path and sources: the sources",
      { ...sources(OBS_ITEM), dataUrl },
      ["config.dataSource: dataset-exactly-one"],
    ],
    ["pair and sources: the sources", { dataSource: [OBS_ITEM] }, ["config.dataSource: dataset-exactly-one"]],
    [
      "all three: the second one alone",
      { dataUrl, dataSource: [OBS_ITEM] },
      ["config.datasetId: dataset-exactly-one"],
    ],
    [
      "half of the pair counts as the pair",
      { datasetId: null },
      ["config.datasetId: dataset-id-with-version"],
    ],
    ["the other half too", { datasetVersionId: null }, ["config.datasetVersionId: dataset-id-with-version"]],
    [
      "a path beside the pair's version alone",
      { dataUrl, datasetId: null },
      ["config.datasetId: dataset-id-with-version", "config.datasetId: dataset-exactly-one"],
    ],
    [
      "an empty list counts as given",
      { dataSource: [] },
      ["config.dataSource: data-source-not-empty", "config.dataSource: dataset-exactly-one"],
    ],
    ["an empty list alone", sources(), ["config.dataSource: data-source-not-empty"]],
  ])("%s", async (_what, config, broken) => {
    expect((await brokenBy(inputWith(config))).toSorted()).toEqual(broken.toSorted());
  });
});

describe("data-source-one-type, data-source-obs and data-source-dataset", () => {
  it.each<Case>([
    ["OBS items", sources(OBS_ITEM, OBS_ITEM), []],
    ["DATASET items", sources(DATASET_ITEM, DATASET_ITEM), []],
    ["both kinds", sources(OBS_ITEM, DATASET_ITEM), ["config.dataSource: data-source-one-type"]],
    [
      "an OBS item without its path",
      sources({ type: "OBS" }),
      ["config.dataSource.0.dataUrl: data-source-obs"],
    ],
    [
      "an OBS item with everything: each offending field",
      sources({ ...DATASET_ITEM, ...OBS_ITEM }),
      [
        "config.dataSource.0.datasetId: data-source-obs",
        "config.dataSource.0.datasetVersion: data-source-obs",
      ],
    ],
    [
      "a DATASET item with a path only: each offending field",
      sources({ type: "DATASET", dataUrl: "/usr/data/" }),
      [
        "config.dataSource.0.dataUrl: data-source-dataset",
        "config.dataSource.0.datasetId: data-source-dataset",
        "config.dataSource.0.datasetVersion: data-source-dataset",
      ],
    ],
    [
      "a malformed path where none belongs",
      sources({ ...DATASET_ITEM, dataUrl: "usr/data" }),
      ["config.dataSource.0.dataUrl: data-source-dataset"],
    ],
    [
      "a blank id where none belongs",
      sources({ ...OBS_ITEM, datasetId: " " }),
      ["config.dataSource.0.datasetId: data-source-obs"],
    ],
    [
      "the second item alone",
      sources(DATASET_ITEM, { type: "DATASET", datasetId: "d" }),
      ["config.dataSource.1.datasetVersion: data-source-dataset"],
    ],
  ])("%s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});
