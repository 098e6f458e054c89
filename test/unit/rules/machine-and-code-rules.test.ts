import { describe, expect, it } from "vitest";
import { brokenBy, type Fields, inputWith } from "./validate.js";

/** What is given in place of the sample's fields, and what it breaks. */
type Case = [what: string, config: Fields, broken: string[]];

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("the vendor's sample", () => {
  it("breaks no rule", async () => {
    expect(await brokenBy(inputWith())).toEqual([]);
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
