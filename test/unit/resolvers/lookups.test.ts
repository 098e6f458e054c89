import { describe, expect, it } from "vitest";
import { statusFromCode } from "../../../src/domain/index.js";
import { aSpec, aVersion, FULL_VERSION, id } from "./entities.js";
import { dataOf, errorOf, Gateway, gatewayWith } from "./gateway.js";
import { sampleContents } from "./project.js";

const PLAIN_FIELDS = Object.keys(FULL_VERSION).filter(
  (name) => !["coverage", "parameter", "dataSource"].includes(name),
);

describe("trainingJobVersion", () => {
  it("answers every field as the upstream gave it", async () => {
    const selection = `${PLAIN_FIELDS.join(" ")} parameter { label value }
      dataSource { type dataUrl datasetId datasetVersion }`;
    const data = dataOf(
      await gatewayWith(FULL_VERSION).run(
        `{ trainingJobVersion(jobId: 10, versionId: 20) { ${selection} } }`,
      ),
    );
    const { coverage: _, ...fields } = FULL_VERSION;
    const times = { createTime: "2018-04-20T02:06:30.635Z", startTime: "2018-04-20T02:06:30.636Z" };
    expect(data).toEqual({ trainingJobVersion: { ...fields, ...times } });
  });

  it("shows a status that this gateway does not know as UNKNOWN, with its number", async () => {
    const gateway = gatewayWith(aVersion(statusFromCode(77)));
    const document = "{ trainingJobVersion(jobId: 10, versionId: 20) { status statusCode terminal } }";
    expect(dataOf(await gateway.run(document))).toEqual({
      trainingJobVersion: { status: "UNKNOWN", statusCode: 77, terminal: false },
    });
  });

  it("is null when the upstream has no such version", async () => {
    const document = "{ trainingJobVersion(jobId: 10, versionId: 99) { versionId } }";
    expect(dataOf(await new Gateway().run(document))).toEqual({ trainingJobVersion: null });
  });
});

describe("trainingJobs", () => {
  it("answers current versions from the list of jobs while it holds what is asked for", async () => {
    const gateway = new Gateway();
    const document = `{ trainingJobs {
      jobTotalCount jobCountLimit quotas
      jobs { jobId jobName jobDesc versionCount currentVersion { versionId status duration } }
    } }`;
    expect(dataOf(await gateway.run(document))).toEqual({
      trainingJobs: {
        jobTotalCount: 1,
        jobCountLimit: 100,
        quotas: null,
        jobs: [
          {
            jobId: "10",
            jobName: "TestModelArtsJob",
            jobDesc: "",
            versionCount: 1,
            currentVersion: { versionId: "20", status: "RUNNING", duration: null },
          },
        ],
      },
    });
    expect(gateway.project.asked).toHaveLength(1);
  });

  it("asks for a current version of which more is wanted, and only then", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    const data = dataOf(await gateway.run("{ trainingJobs { jobs { currentVersion { trainUrl } } } }"));
    expect(data).toEqual({ trainingJobs: { jobs: [{ currentVersion: { trainUrl: "/usr/train/" } }] } });
    expect(gateway.project.asked.slice(1)).toEqual(["trainingJobVersion 10/20 list"]);
  });

  it("leaves the other jobs whole when one current version cannot be had", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    gateway.project.breakDown("trainingJobVersion");
    const result = await gateway.run("{ trainingJobs { jobs { jobName currentVersion { trainUrl } } } }");
    expect(result.data).toMatchObject({
      trainingJobs: { jobs: [{ jobName: FULL_VERSION.jobName, currentVersion: null }] },
    });
    expect(errorOf(result).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("shows a job without versions with none", async () => {
    const document = "{ trainingJobs { jobs { currentVersion { trainUrl } versions { versionId } } } }";
    const data = dataOf(await gatewayWith().run(document));
    expect(data).toEqual({ trainingJobs: { jobs: [{ currentVersion: null, versions: [] }] } });
  });

  it("looks up the versions of a job from the list", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    const data = dataOf(await gateway.run("{ trainingJobs { jobs { versions { trainUrl } } } }"));
    expect(data).toEqual({ trainingJobs: { jobs: [{ versions: [{ trainUrl: "/usr/train/" }] }] } });
    expect(gateway.project.asked.slice(1)).toEqual(["trainingJob 10"]);
  });
});

describe("trainingJob", () => {
  const newestFirst = ["25", "24", "23", "22", "21"].map((versionId) =>
    aVersion({ versionId: id(versionId) }),
  );

  it("is null when the upstream has no such job", async () => {
    expect(dataOf(await new Gateway().run("{ trainingJob(jobId: 99) { jobId } }"))).toEqual({
      trainingJob: null,
    });
  });

  it("has its newest version as the current one, without another lookup", async () => {
    const gateway = gatewayWith(...newestFirst);
    const document = "{ trainingJob(jobId: 10) { versionCount currentVersion { versionId trainUrl } } }";
    expect(dataOf(await gateway.run(document))).toEqual({
      trainingJob: { versionCount: 5, currentVersion: { versionId: "25", trainUrl: null } },
    });
    expect(gateway.project.asked).toEqual(["trainingJob 10"]);
  });

  it.each([
    ["", ["25", "24", "23", "22", "21"]],
    ["(page: 1, perPage: 2)", ["25", "24"]],
    ["(page: 3, perPage: 2)", ["21"]],
    ["(page: 4, perPage: 2)", []],
    ["(page: 65535, perPage: 1000)", []],
    ["(page: null, perPage: null)", ["25", "24", "23", "22", "21"]],
  ])("pages its versions, newest first, by versions%s", async (page, expected) => {
    const document = `{ trainingJob(jobId: 10) { versions${page} { versionId } } }`;
    const versions = expected.map((versionId) => ({ versionId }));
    expect(dataOf(await gatewayWith(...newestFirst).run(document))).toEqual({ trainingJob: { versions } });
  });

  it("shows 10 versions on a page unless told", async () => {
    const twelve = Array.from({ length: 12 }, (_, index) => aVersion({ versionId: id(String(50 - index)) }));
    const data = dataOf(
      await gatewayWith(...twelve).run("{ trainingJob(jobId: 10) { versions { versionId } } }"),
    );
    expect(data).toMatchObject({ trainingJob: { versions: expect.objectContaining({ length: 10 }) } });
  });

  it("asks for the details of a version only for its specCode", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    const data = dataOf(await gateway.run("{ trainingJob(jobId: 10) { versions { trainUrl specCode } } }"));
    const version = { trainUrl: "/usr/train/", specCode: "modelarts.vm.gpu.v100" };
    expect(data).toEqual({ trainingJob: { versions: [version] } });
    expect(gateway.project.asked).toEqual(["trainingJob 10", "trainingJobVersion 10/20 details"]);
  });

  it("leaves its versions whole when a specCode cannot be had", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    gateway.project.breakDown("trainingJobVersion");
    const fields = "{ trainUrl specCode }";
    const result = await gateway.run(
      `{ trainingJob(jobId: 10) { versions ${fields} currentVersion ${fields} } }`,
    );
    const version = { trainUrl: "/usr/train/", specCode: null };
    expect(result.data).toMatchObject({ trainingJob: { versions: [version], currentVersion: version } });
    expect(result.errors?.map(({ path }) => path?.join(".")).toSorted()).toEqual([
      "trainingJob.currentVersion.specCode",
      "trainingJob.versions.0.specCode",
    ]);
  });
});

describe("what a version refers to", () => {
  const REFERENCES =
    "{ trainingJobVersion(jobId: 10, versionId: 20) { preVersion { versionId } resourceSpec { cpu } } }";

  it("is looked up", async () => {
    const gateway = gatewayWith(FULL_VERSION, aVersion({ versionId: id("19") }));
    expect(dataOf(await gateway.run(REFERENCES))).toEqual({
      trainingJobVersion: { preVersion: { versionId: "19" }, resourceSpec: { cpu: "64" } },
    });
    const asked = ['resourceSpecs {"jobType":"TRAIN"}', "trainingJobVersion 10/19 summary"];
    expect(gateway.project.asked.slice(1).toSorted()).toEqual(asked);
  });

  it("is null where it is gone", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    gateway.project.contents.specs = [aSpec({ specId: id("7") })];
    expect(dataOf(await gateway.run(REFERENCES))).toEqual({
      trainingJobVersion: { preVersion: null, resourceSpec: null },
    });
  });

  it.each([null, id("0")])(
    "is not asked for where the version refers to nothing (%s)",
    async (preVersionId) => {
      const gateway = gatewayWith(aVersion({ preVersionId, specId: null }));
      expect(dataOf(await gateway.run(REFERENCES))).toEqual({
        trainingJobVersion: { preVersion: null, resourceSpec: null },
      });
      expect(gateway.project.asked).toHaveLength(1);
    },
  );

  it("leaves the version whole when it cannot be had", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    gateway.project.breakDown("resourceSpecs");
    const result = await gateway.run(
      "{ trainingJobVersion(jobId: 10, versionId: 20) { status resourceSpec { cpu } } }",
    );
    expect(result.data).toMatchObject({ trainingJobVersion: { status: "RUNNING", resourceSpec: null } });
    expect(errorOf(result).code).toBe("UPSTREAM_UNAVAILABLE");
  });
});

describe("resourceSpecs and engineSpecs", () => {
  it("answer every field", async () => {
    const specFields = Object.keys(aSpec()).join(" ");
    const document = `{ resourceSpecs { ${specFields} } engineSpecs { engineId engineType engineName engineVersion } }`;
    const { specs, engines } = sampleContents();
    expect(dataOf(await new Gateway().run(document))).toEqual({ resourceSpecs: specs, engineSpecs: engines });
  });
});
