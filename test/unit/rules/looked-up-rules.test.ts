import { describe, expect, it } from "vitest";
import { aJob, anEngine, aSpec, aVersion, id } from "../resolvers/entities.js";
import { Gateway } from "../resolvers/gateway.js";
import { type Contents, Project, sampleContents } from "../resolvers/project.js";
import { brokenBy, inputWith } from "./validate.js";

/** The sample's project with other contents, and what the caches remember of it where that differs. */
function project(contents: Partial<Contents> = {}, remembered?: Partial<Contents>): Project {
  const made = new Project({ ...sampleContents(), ...contents });
  if (remembered) made.remembered = { ...sampleContents(), ...remembered };
  return made;
}

function broken(config: Record<string, unknown>, at: Project, top: Record<string, unknown> = {}) {
  return brokenBy(inputWith(config, top), new Gateway(at));
}

const PRE_VERSION = ["config.preVersionId: pre-version-exists"];
const SPEC = ["config.specId: spec-exists"];
const ENGINE = ["config.engineId: engine-exists"];
const TOO_MANY = ["config.workerServerNum: worker-server-num-max"];

describe("spec-exists", () => {
  it("refuses a specId that is none of the project's specs for training", async () => {
    const at = project();
    expect(await broken({ specId: "2" }, at)).toEqual(SPEC);
    expect(at.asked).toContain('resourceSpecs {"jobType":"TRAIN"}');
  });

  it("tells ids apart that differ in their last digit only", async () => {
    const at = project({ specs: [aSpec({ specId: id("9223372036854775806") })] });
    expect(await broken({ specId: "9223372036854775807" }, at)).toEqual(SPEC);
    expect(await broken({ specId: "9223372036854775806" }, at)).toEqual([]);
  });

  it("asks for no specs where a pool is given", async () => {
    const at = project();
    expect(await broken({ specId: null, poolId: "pool" }, at)).toEqual([]);
    expect(at.asked.filter((call) => call.startsWith("resourceSpecs"))).toEqual([]);
  });

  it("is not reported beside a malformed specId", async () => {
    expect(await broken({ specId: "x" }, project())).toEqual(["config.specId: long-id"]);
  });
});

describe("worker-server-num-max", () => {
  it("accepts as many nodes as the spec allows, and refuses one more", async () => {
    expect(await broken({ workerServerNum: 4 }, project())).toEqual([]);
    expect(await broken({ workerServerNum: 5 }, project())).toEqual(TOO_MANY);
  });

  it("is skipped where the spec says nothing of a greatest number", async () => {
    expect(await broken({ workerServerNum: 1000 }, project({ specs: [aSpec({ maxNum: null })] }))).toEqual(
      [],
    );
  });

  it("goes by the most generous of several entries for one spec", async () => {
    const specs = [aSpec({ maxNum: 1 }), aSpec({ maxNum: 8 })];
    expect(await broken({ workerServerNum: 8 }, project({ specs }))).toEqual([]);
    expect(await broken({ workerServerNum: 9 }, project({ specs }))).toEqual(TOO_MANY);
  });

  it("is not reported beside a spec that does not exist, nor beside a number below 1", async () => {
    expect(await broken({ workerServerNum: 99, specId: "2" }, project())).toEqual(SPEC);
    const min = ["config.workerServerNum: worker-server-num-min"];
    expect(await broken({ workerServerNum: 0 }, project())).toEqual(min);
  });
});

describe("engine-exists", () => {
  it("refuses an engineId that is none of the project's engines for training", async () => {
    const at = project({ engines: [anEngine({ engineId: id("7") })] });
    expect(await broken({ engineId: "1" }, at)).toEqual(ENGINE);
    expect(await broken({ engineId: "7" }, at)).toEqual([]);
    expect(at.asked).toContain("engineSpecs TRAIN");
  });

  it("minds only an engineId that is given", async () => {
    const at = project({ engines: [] });
    expect(await broken({ engineId: null }, at)).toEqual([]);
    expect(at.asked.filter((call) => call.startsWith("engineSpecs"))).toEqual([]);
  });
});

describe("pre-version-exists", () => {
  it("refuses a version that the job does not have", async () => {
    expect(await broken({ preVersionId: "21" }, project())).toEqual(PRE_VERSION);
  });

  it("refuses a version of another job", async () => {
    const other = aJob("11", [aVersion({ jobId: id("11"), versionId: id("30") })]);
    const jobs = [...sampleContents().jobs, other];
    expect(await broken({ preVersionId: "30" }, project({ jobs }))).toEqual(PRE_VERSION);
  });

  it("refuses what the upstream shows as a version of another job", async () => {
    const jobs = [aJob("10", [aVersion({ jobId: id("11"), versionId: id("30") })])];
    expect(await broken({ preVersionId: "30" }, project({ jobs }))).toEqual(PRE_VERSION);
  });

  it("asks for that version alone, not for all of the job's", async () => {
    const at = project();
    expect(await broken({ preVersionId: "20" }, at)).toEqual([]);
    expect(at.asked.filter((call) => call.startsWith("trainingJob"))).toEqual([
      "trainingJobVersion 10/20 list",
    ]);
  });
});

describe("rules that look things up", () => {
  const everything = { specId: "2", engineId: "2", preVersionId: "21" };
  const allThree = [...SPEC, ...ENGINE, ...PRE_VERSION];

  it("are reported together, in the order of the input's fields", async () => {
    expect(await broken(everything, project())).toEqual(allThree);
  });

  it("are reported together with broken shapes", async () => {
    const expected = [...SPEC, ...ENGINE, "config.trainUrl: obs-path", ...PRE_VERSION];
    expect(await broken({ ...everything, trainUrl: "x" }, project())).toEqual(expected);
  });

  it("pass on a cached answer, without asking again", async () => {
    const at = project({ specs: [], engines: [], jobs: [aJob("10", [])] }, {});
    expect(await broken({}, at)).toEqual([]);
    expect(at.asked.filter((call) => call.endsWith("fresh"))).toEqual([]);
  });

  it("refuse only on an answer fetched after the request arrived", async () => {
    const at = project({}, { specs: [aSpec({ maxNum: 1 })], engines: [], jobs: [aJob("10", [])] });
    expect(await broken({ workerServerNum: 2 }, at)).toEqual([]);
    const fresh = at.asked.filter((call) => call.endsWith("fresh")).toSorted();
    expect(fresh).toEqual([
      "engineSpecs TRAIN fresh",
      'resourceSpecs {"jobType":"TRAIN"} fresh',
      "trainingJobVersion 10/20 list fresh",
    ]);
  });

  it("are skipped, each by itself, when the lookup fails", async () => {
    const specsAway = project();
    specsAway.breakDown("resourceSpecs");
    expect(await broken(everything, specsAway)).toEqual([...ENGINE, ...PRE_VERSION]);
    const jobsAway = project();
    jobsAway.breakDown("trainingJobVersion");
    expect(await broken(everything, jobsAway)).toEqual([...SPEC, ...ENGINE]);
  });

  it("are skipped when only the fresh answer fails", async () => {
    const at = project();
    const lookUp = at.trainingJobVersion.bind(at);
    at.trainingJobVersion = (...asked) => {
      const found = lookUp(...asked);
      at.breakDown("trainingJobVersion");
      return found;
    };
    expect(await broken({ preVersionId: "21" }, at)).toEqual([]);
  });

  it("are all skipped for a job that the lookups do not find: the upstream answers", async () => {
    expect(await broken(everything, project({ jobs: [] }))).toEqual([]);
  });

  it("are skipped for a missing job also where preVersionId is malformed", async () => {
    const expected = ["config.preVersionId: long-id"];
    expect(await broken({ ...everything, preVersionId: "x" }, project({ jobs: [] }))).toEqual(expected);
    expect(await broken({ ...everything, preVersionId: "x" }, project())).toEqual([
      ...SPEC,
      ...ENGINE,
      ...expected,
    ]);
  });

  it("speak of specs and engines where the jobId is malformed", async () => {
    const expected = ["jobId: long-id", ...SPEC, ...ENGINE];
    expect(await broken(everything, project(), { jobId: "x" })).toEqual(expected);
  });

  it("do not take a defect for a failed lookup", async () => {
    const at = project();
    at.failures.set("engineSpecs", new TypeError("a defect"));
    await expect(broken({}, at)).rejects.toThrow("a defect");
  });
});
