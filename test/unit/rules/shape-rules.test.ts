import { describe, expect, it } from "vitest";
import { brokenBy, type Fields, inputWith, NO_DATA, violationsOf } from "./validate.js";

/** What is given in place of the sample's fields, and what it breaks. */
type Case = [what: string, config: Fields, broken: string[]];

/** Input beside the config, and what it breaks. */
type TopCase = [what: string, top: Fields, broken: string[]];

const path = (length: number) => `/${"a".repeat(length - 1)}`;
const OBS_ITEM = { type: "OBS", dataUrl: "/usr/data/" };
const DATASET_ITEM = { type: "DATASET", datasetId: "d", datasetVersion: "v" };
const sources = (...dataSource: Fields[]) => ({ ...NO_DATA, dataSource });
const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("the vendor's sample", () => {
  it("breaks no rule", async () => {
    expect(await brokenBy(inputWith())).toEqual([]);
  });
});

describe("job-desc-length", () => {
  it.each<TopCase>([
    ["an empty description", { jobDesc: "" }, []],
    ["no description", { jobDesc: null }, []],
    ["256 characters", { jobDesc: "x".repeat(256) }, []],
    ["256 characters beyond the basic plane, 512 UTF-16 units", { jobDesc: "\u{1F680}".repeat(256) }, []],
    ["257 characters", { jobDesc: "x".repeat(257) }, ["jobDesc: job-desc-length"]],
    [
      "257 characters, variation selectors among them",
      { jobDesc: `${"\u2764\uFE0F".repeat(128)}x` },
      ["jobDesc: job-desc-length"],
    ],
  ])("%s", async (_what, top, broken) => {
    expect(await brokenBy(inputWith({}, top))).toEqual(broken);
  });
});

describe("idempotency-key", () => {
  it.each<TopCase>([
    ["no key", { idempotencyKey: null }, []],
    ["one character", { idempotencyKey: "!" }, []],
    ["128 characters", { idempotencyKey: "~".repeat(128) }, []],
    ["an empty key", { idempotencyKey: "" }, ["idempotencyKey: idempotency-key"]],
    ["129 characters", { idempotencyKey: "k".repeat(129) }, ["idempotencyKey: idempotency-key"]],
    ["a space", { idempotencyKey: "a b" }, ["idempotencyKey: idempotency-key"]],
    ["a line break at its end", { idempotencyKey: "ab\n" }, ["idempotencyKey: idempotency-key"]],
    ["a letter beyond ASCII", { idempotencyKey: "schl\u00fcssel" }, ["idempotencyKey: idempotency-key"]],
    ["DEL", { idempotencyKey: "\u007f" }, ["idempotencyKey: idempotency-key"]],
  ])("%s", async (_what, top, broken) => {
    expect(await brokenBy(inputWith({}, top))).toEqual(broken);
  });
});

describe("worker-server-num-min", () => {
  it.each<Case>([
    ["1 node", { workerServerNum: 1 }, []],
    ["no node", { workerServerNum: 0 }, ["config.workerServerNum: worker-server-num-min"]],
    ["a negative number", { workerServerNum: -1 }, ["config.workerServerNum: worker-server-num-min"]],
  ])("%s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});

describe("spec-or-pool", () => {
  it.each<Case>([
    ["a spec", { specId: "1" }, []],
    ["a pool", { specId: null, poolId: "pool" }, []],
    ["neither", { specId: null }, ["config.specId: spec-or-pool"]],
    ["both", { poolId: "pool" }, ["config.specId: spec-or-pool"]],
  ])("%s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});

describe("app-with-boot-file, code-required and boot-file-in-app", () => {
  const none = { appUrl: null, bootFileUrl: null };
  it.each<Case>([
    [
      "only a code directory: the boot file is missing",
      { bootFileUrl: null },
      ["config.bootFileUrl: app-with-boot-file"],
    ],
    [
      "only a boot file: the code directory is missing",
      { appUrl: null },
      ["config.appUrl: app-with-boot-file"],
    ],
    [
      "only one of them beside a model",
      { modelId: "3", appUrl: null },
      ["config.appUrl: app-with-boot-file"],
    ],
    ["neither", none, ["config.appUrl: code-required"]],
    ["neither, with a model", { ...none, modelId: "3" }, []],
    ["both beside a model", { modelId: "3" }, []],
    [
      "a custom image does not lift it",
      { ...none, userImageUrl: "group/image:1" },
      ["config.appUrl: code-required"],
    ],
    ["a directory without trailing slash", { appUrl: "/usr/app" }, []],
    ["a boot file deep inside", { bootFileUrl: "/usr/app/a/b/c.py" }, []],
    [
      "a boot file beside the directory",
      { bootFileUrl: "/usr/other/boot.py" },
      ["config.bootFileUrl: boot-file-in-app"],
    ],
    [
      "a directory that is a string prefix only",
      { bootFileUrl: "/usr/apple/boot.py" },
      ["config.bootFileUrl: boot-file-in-app"],
    ],
    ["the directory itself", { bootFileUrl: "/usr/app/" }, ["config.bootFileUrl: boot-file-in-app"]],
    ["a parent of the directory", { bootFileUrl: "/usr" }, ["config.bootFileUrl: boot-file-in-app"]],
    [
      "a way out by ..: the path alone",
      { bootFileUrl: "/usr/app/../boot.py" },
      ["config.bootFileUrl: obs-path"],
    ],
    ["a malformed directory: the path alone", { appUrl: "usr/app/" }, ["config.appUrl: obs-path"]],
  ])("%s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});

describe("obs-path", () => {
  const url = (dataUrl: string): Fields => ({ ...NO_DATA, dataUrl });
  it.each<[string, string, boolean]>([
    ["a path without trailing slash", "/bucket", true],
    ["a path with trailing slash", "/bucket/data/", true],
    ["spaces, letters of any script and dots inside a segment", "/b/ d\u00e4t\u00e4 ..x/...", true],
    ["1024 characters", path(1024), true],
    ["1024 characters beyond the basic plane", `/${"\u{1F680}".repeat(1023)}`, true],
    ["1025 characters", path(1025), false],
    ["nothing", "", false],
    ["no slash at the start", "bucket/data", false],
    ["the root alone", "/", false],
    ["two slashes alone", "//", false],
    ["an empty segment", "/bucket//data", false],
    ["two trailing slashes", "/bucket/data//", false],
    ["a . segment", "/bucket/./data", false],
    ["a .. segment", "/bucket/../data", false],
    [".. at the end", "/bucket/..", false],
    ["a null character", "/bucket/\u0000", false],
    ["a line break", "/bucket/a\nb", false],
    ["DEL", "/bucket/\u007f", false],
  ])("%s", async (_what, dataUrl, holds) => {
    expect(await brokenBy(inputWith(url(dataUrl)))).toEqual(holds ? [] : ["config.dataUrl: obs-path"]);
  });

  it.each<Case>([
    ["appUrl", { appUrl: "//" }, ["config.appUrl: obs-path"]],
    ["bootFileUrl", { bootFileUrl: "boot.py" }, ["config.bootFileUrl: obs-path"]],
    ["trainUrl", { trainUrl: "train" }, ["config.trainUrl: obs-path"]],
    ["logUrl", { logUrl: "" }, ["config.logUrl: obs-path"]],
    [
      "an item's dataUrl",
      sources(OBS_ITEM, { type: "OBS", dataUrl: "data" }),
      ["config.dataSource.1.dataUrl: obs-path"],
    ],
  ])("holds for %s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});

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
      "the second item alone",
      sources(DATASET_ITEM, { type: "DATASET", datasetId: "d" }),
      ["config.dataSource.1.datasetVersion: data-source-dataset"],
    ],
  ])("%s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});

describe("not-blank", () => {
  it.each<Case>([
    ["trainUrl", { trainUrl: " " }, ["config.trainUrl: not-blank"]],
    ["datasetId", { datasetId: "" }, ["config.datasetId: not-blank"]],
    [
      "datasetId without its version",
      { datasetId: "", datasetVersionId: null },
      ["config.datasetId: not-blank"],
    ],
    ["datasetId beside a path", { datasetId: "\t", dataUrl: "/usr/data/" }, ["config.datasetId: not-blank"]],
    ["datasetVersionId", { datasetVersionId: "\u00a0" }, ["config.datasetVersionId: not-blank"]],
    ["poolId", { specId: null, poolId: "" }, ["config.poolId: not-blank"]],
    ["poolId beside a spec", { poolId: "" }, ["config.poolId: not-blank"]],
    ["userImageUrl", { userImageUrl: "\n", userCommand: "run" }, ["config.userImageUrl: not-blank"]],
    ["userCommand", { userCommand: " " }, ["config.userCommand: not-blank"]],
    [
      "an item's ids",
      sources({ type: "DATASET", datasetId: "", datasetVersion: " " }),
      ["config.dataSource.0.datasetId: not-blank", "config.dataSource.0.datasetVersion: not-blank"],
    ],
  ])("is reported alone for %s", async (_what, config, broken) => {
    expect(await brokenBy(inputWith(config))).toEqual(broken);
  });
});

describe("image-reference and command-with-image", () => {
  it.each([
    "image",
    "group/image",
    "image:1.0",
    "100.125.5.235:20202/jobmng/custom-cpu-base:1.0",
    "swr.eu-de.otc.t-systems.com/group/sub/image",
    "localhost/a-b/c__d.e_f",
    "[fe80::1]:5000/image:latest",
    `image@${DIGEST}`,
    `host:1/path/image:tag_1.0-x@${DIGEST}`,
    `image:${"t".repeat(128)}`,
  ])("%s is a reference", async (userImageUrl) => {
    expect(await brokenBy(inputWith({ userImageUrl, userCommand: "python boot.py" }))).toEqual([]);
  });

  it.each([
    "Image",
    "host/Image",
    "/image",
    "image/",
    "group//image",
    "image:",
    "image:-tag",
    `image:${"t".repeat(129)}`,
    "image@sha256:0123",
    "image@",
    "host:port/image",
    "-host.com/image",
    "https://host/image",
    "im age",
    "image\n",
    "a___b",
    "image_",
    `${"a".repeat(50_000)}!`,
    `${"a-".repeat(25_000)}!`,
  ])("%s is none", async (userImageUrl) => {
    expect(await brokenBy(inputWith({ userImageUrl }))).toEqual(["config.userImageUrl: image-reference"]);
  });

  it("a command is given only together with an image", async () => {
    const broken = ["config.userCommand: command-with-image"];
    expect(await brokenBy(inputWith({ userCommand: "python boot.py" }))).toEqual(broken);
  });
});

describe("violations", () => {
  const TOO_LONG = "/bucket/".padEnd(5000, "x");

  it("say what would be right without echoing the value", async () => {
    const [violation] = await violationsOf(inputWith({ trainUrl: TOO_LONG }));
    expect(violation?.path).toEqual(["input", "config", "trainUrl"]);
    expect(violation?.message).toContain("1024 characters");
    expect(violation?.message.length).toBeLessThan(300);
  });

  it("come in the order of the input's fields, however the caller orders them", async () => {
    const broken = { trainUrl: "x", logUrl: "x", workerServerNum: 0, ...NO_DATA, dataUrl: "x", appUrl: "x" };
    const backwards = Object.fromEntries(Object.entries(inputWith(broken).config as Fields).toReversed());
    const expected = ["workerServerNum", "appUrl", "dataUrl", "trainUrl", "logUrl"];
    const input = { idempotencyKey: "", config: backwards, jobId: "0" };
    const paths = (await brokenBy(input)).map((line) => line.split(": ")[0]?.replace("config.", ""));
    expect(paths).toEqual(["jobId", ...expected, "idempotencyKey"]);
  });

  it("count null as left out", async () => {
    const nothing = { parameter: null, dataSource: null, poolId: null, modelId: null, userImageUrl: null };
    expect(
      await brokenBy(inputWith({ ...nothing, engineId: null, logUrl: null, userCommand: null })),
    ).toEqual([]);
  });
});
