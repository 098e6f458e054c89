import { IsNotEmpty, ValidateNested, validateSync } from "class-validator";
import { describe, expect, it } from "vitest";
import { shapeViolations } from "../../../src/rules/shape.js";
import { shapeHolds } from "../../../src/rules/shape-holds.js";
import * as args from "../../../src/types/arguments.js";
import { CreateTrainingJobVersionInput } from "../../../src/types/create-training-job-version-input.js";
import { DataSourceInput } from "../../../src/types/data-source-input.js";
import { TrainingJobFilterInput } from "../../../src/types/training-job-filter-input.js";
import { TrainingJobVersionConfigInput } from "../../../src/types/training-job-version-config-input.js";
import { createRandom, type Random } from "../../support/fuzz-random.js";
import { sampleInput } from "../../support/sample.js";

const LONG = "x".repeat(1_100);
const PATHS = ["/a/", "/a/b.py", "/a", "/", "a", "/a/../b", "//", "/a//", " ", `/${LONG}`, "/\u0007", "/..a"];
const IDS = [
  "0",
  "1",
  "20",
  "01",
  "9223372036854775807",
  "9223372036854775808",
  "-1",
  "1e3",
  "",
  "9.007e+15",
];
const TEXTS = ["", " ", "v", "𝒳".repeat(256), LONG, "swr.example.com/group/image:1.0", "UPPER", "a\u0000b"];
const NUMBERS = [0, 1, -1, 1.5, 65_535, 65_536, 1_000, 2 ** 31 - 1];
const VALUES = [...PATHS, ...IDS, ...TEXTS, ...NUMBERS, null, undefined];

type Fields = Record<string, unknown>;

/** The same fields, some of them with another value. */
function changed<T extends object>(random: Random, target: T, fields: readonly string[], sound: Fields): T {
  const mayChange = random.chance(0.7);
  for (const field of fields) {
    const value = mayChange && random.chance(0.12) ? random.pick(VALUES) : sound[field];
    Reflect.set(target, field, value);
  }
  return target;
}

const CONFIG_FIELDS =
  `workerServerNum appUrl bootFileUrl dataUrl datasetId datasetVersionId specId poolId engineId modelId trainUrl
  logUrl preVersionId userImageUrl userCommand`.split(/\s+/);

function dataSource(random: Random): unknown {
  if (random.chance(0.6)) return random.pick([null, undefined]);
  const sound = {
    type: random.pick(["OBS", "DATASET"]),
    dataUrl: "/a/",
    datasetId: "d",
    datasetVersion: "v",
  };
  const item = () => changed(random, new DataSourceInput(), Object.keys(sound), sound);
  return Array.from({ length: random.int(3) }, item);
}

function creationArgs(random: Random): args.CreateTrainingJobVersionArgs {
  const sample = sampleInput() as Fields & { config: Fields };
  const config = changed(random, new TrainingJobVersionConfigInput(), CONFIG_FIELDS, sample.config);
  Reflect.set(config, "dataSource", dataSource(random));
  const fields = ["jobId", "jobDesc", "idempotencyKey"];
  const input = changed(random, new CreateTrainingJobVersionInput(), fields, sample);
  Reflect.set(input, "config", random.chance(0.02) ? random.pick(VALUES) : config);
  return Object.assign(new args.CreateTrainingJobVersionArgs(), { input });
}

function listArgs(random: Random): args.TrainingJobsArgs {
  const target = changed(random, new args.TrainingJobsArgs(), ["page", "perPage"], { page: 1, perPage: 10 });
  const filter = changed(random, new TrainingJobFilterInput(), ["searchContent"], { searchContent: "net" });
  return Object.assign(target, { filter: random.chance(0.3) ? random.pick(VALUES) : filter });
}

function versionArgs(random: Random): args.VersionArgs {
  return changed(random, new args.VersionArgs(), ["jobId", "versionId"], { jobId: "10", versionId: "20" });
}

function isSound(value: object): boolean {
  return validateSync(value, { forbidUnknownValues: false }).length === 0;
}

describe("the quick check of the shape rules", () => {
  it.each([
    ["a creation", creationArgs],
    ["a list of jobs", listArgs],
    ["a version", versionArgs],
  ])("says of the arguments of %s what class-validator says", (_name, make) => {
    const random = createRandom(20_261_125);
    const verdicts = { sound: 0, broken: 0 };
    for (let round = 0; round < 3_000; round++) {
      const made = make(random);
      const sound = isSound(made);
      expect(shapeHolds(made), JSON.stringify(made)).toBe(sound);
      verdicts[sound ? "sound" : "broken"] += 1;
    }
    expect(verdicts.sound).toBeGreaterThan(200);
    expect(verdicts.broken).toBeGreaterThan(200);
  });

  it("leaves rules that it does not know to class-validator", () => {
    class Names {
      @IsNotEmpty({ each: true })
      names: unknown[] = ["a"];
    }
    class Outer {
      @ValidateNested()
      inner = new Names();
    }
    expect(shapeHolds(new Names())).toBe(false);
    expect(shapeHolds(new Outer())).toBe(false);
    expect(shapeViolations(new Outer())).toEqual([]);
    const broken = Object.assign(new Names(), { names: ["a", ""] });
    expect(shapeViolations(broken)).toMatchObject([{ path: ["names"], rule: "isNotEmpty" }]);
  });
});
