import { describe, expect, it } from "vitest";
import { brokenBy, type Fields, inputWith, NO_DATA, OBS_ITEM, sources } from "./validate.js";

/** What is given in place of the sample's fields, and what it breaks. */
type Case = [what: string, config: Fields, broken: string[]];

/** Input beside the config, and what it breaks. */
type TopCase = [what: string, top: Fields, broken: string[]];

const path = (length: number) => `/${"a".repeat(length - 1)}`;

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
