import { describe, expect, it } from "vitest";
import { hasCode } from "../../../src/errors.js";
import { decodeVersion, newestFirst } from "../../../src/upstream/decode/version.js";
import { decodeCreatedVersion } from "../../../src/upstream/resources/create-version.js";
import { decodeJobPage } from "../../../src/upstream/resources/jobs.js";
import { decodeEngineSpecs, decodeResourceSpecs } from "../../../src/upstream/resources/specs.js";
import { decodeVersionDetails } from "../../../src/upstream/resources/versions.js";
import { id } from "../../support/upstream-client.js";

const job = { jobId: id("10"), jobName: "TestModelArtsJob", jobDesc: "" };
const invalid = (decode: () => unknown) => {
  try {
    decode();
  } catch (error) {
    return hasCode(error, "UPSTREAM_INVALID_RESPONSE");
  }
  return false;
};

describe("decoding a version", () => {
  const raw = {
    version_id: "10",
    version_name: "V0001",
    pre_version_id: 5,
    status: "8",
    create_time: "1524189990635",
    start_time: 1524189990700,
    duration: "1502",
    engine_type: "1",
    engine_id: 1,
    engine_name: "TensorFlow",
    engine_version: "TF-1.4.0-python2.7",
    model_id: "9223372036854775807",
    app_url: "/usr/app/",
    boot_file_url: "/usr/app/boot.py",
    parameter: [{ label: "learning_rate", value: 0.01 }, { label: "flag" }, null],
    data_url: "",
    dataset_id: "38277e62",
    dataset_name: "dataset-test",
    dataset_version_id: "2ff0d6ba",
    dataset_version_name: "dataset-version-test",
    data_source: [
      { type: "obs", data_url: "/a/b/" },
      { type: "Dataset", dataset_id: "d", dataset_version: "v" },
      { type: "ftp", data_url: null },
    ],
    train_url: "/usr/train/",
    log_url: null,
    user_image_url: "100.125.5.235:20202/jobmng/custom-cpu-base:1.0",
    user_command: "bash -x /home/work/run_train.sh",
    worker_server_num: "1",
    spec_id: 1,
    spec_code: "modelarts.vm.gpu.v100",
    core: 2,
    cpu: 8,
    gpu_num: "2",
    gpu_type: "Pnt1",
    pool_id: "pool9928813f",
    pool_name: "p100",
    resource_id: "jobafd08896",
    volumes: [{ nfs: { id: "43b37236", read_only: false, size: "9007199254740993" } }],
    model_metric_list: '{"metric":[{"metric_values":{"recall":0.5}}],"total_metric":{}}',
    system_metric_list: { cpuUsage: ["0", "3.10"], interval: 1 },
    something_new: { from: "a later release" },
  };

  it("reads every field, however the upstream writes its values", () => {
    expect(decodeVersion(raw, job, "details")).toEqual({
      coverage: "details",
      ...job,
      versionId: "10",
      versionName: "V0001",
      preVersionId: "5",
      status: "RUNNING",
      statusCode: 8,
      terminal: false,
      createTime: 1524189990635,
      startTime: 1524189990700,
      duration: "1502",
      engineType: 1,
      engineId: "1",
      engineName: "TensorFlow",
      engineVersion: "TF-1.4.0-python2.7",
      modelId: "9223372036854775807",
      appUrl: "/usr/app/",
      bootFileUrl: "/usr/app/boot.py",
      parameter: [
        { label: "learning_rate", value: "0.01" },
        { label: "flag", value: null },
      ],
      dataUrl: null,
      datasetId: "38277e62",
      datasetName: "dataset-test",
      datasetVersionId: "2ff0d6ba",
      datasetVersionName: "dataset-version-test",
      dataSource: [
        { type: "OBS", dataUrl: "/a/b/", datasetId: null, datasetVersion: null },
        { type: "DATASET", dataUrl: null, datasetId: "d", datasetVersion: "v" },
        { type: null, dataUrl: null, datasetId: null, datasetVersion: null },
      ],
      trainUrl: "/usr/train/",
      logUrl: null,
      userImageUrl: "100.125.5.235:20202/jobmng/custom-cpu-base:1.0",
      userCommand: "bash -x /home/work/run_train.sh",
      workerServerNum: 1,
      specId: "1",
      specCode: "modelarts.vm.gpu.v100",
      core: "2",
      cpu: "8",
      gpuNum: 2,
      gpuType: "Pnt1",
      poolId: "pool9928813f",
      poolName: "p100",
      resourceId: "jobafd08896",
      volumes: [{ nfs: { id: "43b37236", read_only: false, size: "9007199254740993" } }],
      modelMetricList: { metric: [{ metric_values: { recall: 0.5 } }], total_metric: {} },
      systemMetricList: { cpuUsage: ["0", "3.10"], interval: 1 },
    });
  });

  it("is content with the id alone", () => {
    const version = decodeVersion({ version_id: 1 }, job, "list");
    expect(version).toMatchObject({ versionId: "1", status: "UNKNOWN", statusCode: 0, terminal: false });
    expect(version).toMatchObject({ parameter: [], dataSource: [], volumes: [], modelMetricList: null });
    expect(Object.values(version)).not.toContain(undefined);
  });

  it("gives the same whether a field without value is left out, null or empty", () => {
    const names = Object.keys(raw).filter((name) => name !== "version_id");
    const all = (value: unknown) => ({
      ...Object.fromEntries(names.map((name) => [name, value])),
      version_id: 1,
    });
    const leftOut = decodeVersion({ version_id: 1 }, job, "list");
    expect(decodeVersion(all(null), job, "list")).toEqual(leftOut);
    expect(decodeVersion(all(""), job, "list")).toEqual(leftOut);
  });

  it.each(["constructor", "__proto__", "toString", "hive"])(
    "takes %s for no type of a data source",
    (type) => {
      const version = decodeVersion({ version_id: 1, data_source: [{ type }] }, job, "list");
      expect(version.dataSource.map((source) => source.type)).toEqual([null]);
    },
  );

  it("lets no bad optional field spoil it", () => {
    const names = Object.keys(raw).filter((name) => name !== "version_id");
    for (const bad of [{ a: 1 }, [{}], true, -1e300, "\u0000", 2 ** 60]) {
      for (const name of names)
        expect(decodeVersion({ ...raw, [name]: bad }, job, "list")).toMatchObject({ versionId: "10" });
    }
  });

  it("keeps a status number that it does not know", () => {
    expect(decodeVersion({ version_id: 1, status: 4711 }, job, "list")).toMatchObject({
      status: "UNKNOWN",
      statusCode: 4711,
      terminal: false,
    });
  });

  it("takes a previous version 0 for none", () => {
    expect(decodeVersion({ version_id: 1, pre_version_id: 0 }, job, "list").preVersionId).toBeNull();
  });

  it("refuses a version without a valid id", () => {
    for (const version_id of [undefined, null, "", 0, -1, "x", "9223372036854775808"])
      expect(invalid(() => decodeVersion({ version_id }, job, "list"))).toBe(true);
  });

  it("takes name and description from the details themselves, an empty description as it is", () => {
    const details = { version_id: 10, job_id: "10", job_name: "name", job_desc: "" };
    expect(decodeVersionDetails(details, id("10"))).toMatchObject({
      coverage: "details",
      jobId: "10",
      jobName: "name",
      jobDesc: "",
    });
    expect(decodeVersionDetails({ version_id: 10 }, id("10"))).toMatchObject({
      jobId: "10",
      jobName: "",
      jobDesc: null,
    });
  });

  it("orders by createTime, then by the id's value, newest first", () => {
    const version = (version_id: string, create_time?: number) =>
      decodeVersion({ version_id, create_time }, job, "list");
    const unordered = [version("3"), version("9", 5), version("10", 5), version("4"), version("1", 7)];
    expect(unordered.toSorted(newestFirst).map((v) => v.versionId)).toEqual(["1", "10", "9", "4", "3"]);
  });
});

describe("decoding the list of jobs", () => {
  const entry = {
    job_id: "10",
    job_name: "TestModelArtsJob",
    version_id: 30,
    status: 10,
    create_time: 1524189990635,
    duration: 532003,
    job_desc: null,
    version_count: "3",
  };

  it("reads jobs and totals", () => {
    const page = decodeJobPage({ job_total_count: "1", job_count_limit: 10, quotas: 10, jobs: [entry] });
    expect(page).toMatchObject({ jobTotalCount: 1, jobCountLimit: 10, quotas: 10 });
    expect(page.jobs[0]).toMatchObject({
      jobId: "10",
      jobName: "TestModelArtsJob",
      jobDesc: "",
      versionCount: 3,
      currentVersion: {
        coverage: "summary",
        jobId: "10",
        versionId: "30",
        status: "COMPLETED",
        statusCode: 10,
        terminal: true,
        createTime: 1524189990635,
        duration: "532003",
      },
    });
  });

  it("knows jobs without versions", () => {
    for (const version_id of [undefined, null, "", 0]) {
      const { jobs } = decodeJobPage({ jobs: [{ job_id: 1, version_id }] });
      expect(jobs[0]).toMatchObject({ versionCount: 0, currentVersion: null });
    }
  });

  it("takes a list that was left out for empty when the answer counts none", () => {
    expect(decodeJobPage({ job_total_count: 0 })).toMatchObject({ jobs: [], jobTotalCount: 0 });
    expect(decodeJobPage({ job_total_count: "0", jobs: null }).jobs).toEqual([]);
    expect(decodeResourceSpecs({ spec_total_count: 0, specs: "" })).toEqual([]);
  });

  it("leaves out what has no id, and nothing else", () => {
    const { jobs } = decodeJobPage({ jobs: [{ job_name: "x" }, "10", null, { job_id: 0 }, { job_id: 3 }] });
    expect(jobs.map(({ jobId }) => jobId)).toEqual(["3"]);
    expect(decodeResourceSpecs({ specs: [{}, { spec_id: 0 }] }).map(({ specId }) => specId)).toEqual(["0"]);
    expect(decodeEngineSpecs({ engines: [{ engine_name: "x" }] })).toEqual([]);
  });

  it("refuses an answer without the list", () => {
    expect(invalid(() => decodeJobPage({ job_total_count: 1 }))).toBe(true);
    expect(invalid(() => decodeJobPage({ jobs: null }))).toBe(true);
  });
});

describe("decoding specs and engines", () => {
  it("reads resource specs", () => {
    const specs = decodeResourceSpecs({
      specs: [
        {
          spec_id: "2",
          core: 2,
          cpu: "8",
          gpu_num: 0,
          gpu_type: "",
          spec_code: "modelarts.vm.cpu.2u",
          unit_num: 1,
          max_num: "2",
          storage: "",
          interface_type: 1,
          no_resource: "false",
        },
      ],
    });
    expect(specs).toEqual([
      {
        specId: "2",
        specCode: "modelarts.vm.cpu.2u",
        core: "2",
        cpu: "8",
        gpuNum: 0,
        gpuType: null,
        maxNum: 2,
        unitNum: 1,
        storage: null,
        interfaceType: 1,
        noResource: false,
      },
    ]);
  });

  it("reads engines", () => {
    expect(
      decodeEngineSpecs({ engines: [{ engine_id: 1, engine_type: "1", engine_name: "TensorFlow" }] }),
    ).toEqual([{ engineId: "1", engineType: 1, engineName: "TensorFlow", engineVersion: null }]);
  });

  it("refuses answers without their list", () => {
    expect(invalid(() => decodeResourceSpecs({}))).toBe(true);
    expect(invalid(() => decodeEngineSpecs({}))).toBe(true);
  });
});

describe("decoding a creation", () => {
  it("reads the vendor's sample answer", () => {
    const answer = {
      is_success: true,
      job_id: 10,
      job_name: "TestModelArtsJob",
      status: 1,
      create_time: 1524189990635,
      version_id: 10,
      version_name: "V0001",
    };
    expect(decodeCreatedVersion(answer, id("10"))).toEqual({
      jobId: "10",
      versionId: "10",
      jobName: "TestModelArtsJob",
      versionName: "V0001",
      status: "INIT",
      statusCode: 1,
      createTime: 1524189990635,
    });
  });

  it("needs nothing but the version's id", () => {
    expect(decodeCreatedVersion({ is_success: true, version_id: "9223372036854775807" }, id("10"))).toEqual({
      jobId: "10",
      versionId: "9223372036854775807",
      jobName: null,
      versionName: null,
      status: "UNKNOWN",
      statusCode: 0,
      createTime: null,
    });
  });
});
