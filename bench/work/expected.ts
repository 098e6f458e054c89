import {
  completed,
  firstJobOf,
  jobList,
  VERSIONS_PER_JOB,
  versionDetails,
  versionList,
} from "../upstream/wire.js";

/** The right answers (`data`) to the queries, derived from what the upstream sends and not from what any server says. Fields stand in the order asked for. */

const JOBS_PER_PAGE = 50;

type WireVersion = ReturnType<typeof versionList>["versions"][number];

const instant = (millis: number) => new Date(millis).toISOString();

const progress = (version: Pick<WireVersion, "create_time" | "duration">) => ({
  status: "COMPLETED",
  terminal: true,
  createTime: instant(version.create_time),
  duration: version.duration,
});

export function expectedVersion(jobId: number, versionId: number) {
  const version = versionDetails(jobId, versionId, completed);
  return {
    trainingJobVersion: {
      jobId: String(jobId),
      jobName: version.job_name,
      versionId: String(version.version_id),
      versionName: version.version_name,
      preVersionId: version.pre_version_id === null ? null : String(version.pre_version_id),
      ...progress(version),
      engineName: version.engine_name,
      engineVersion: version.engine_version,
      appUrl: version.app_url,
      bootFileUrl: version.boot_file_url,
      parameter: version.parameter,
      dataUrl: version.data_url,
      trainUrl: version.train_url,
      workerServerNum: version.worker_server_num,
      specId: String(version.spec_id),
      gpuType: version.gpu_type,
    },
  };
}

export function expectedJob(jobId: number) {
  const job = versionList(jobId, completed);
  return {
    trainingJob: {
      jobId: String(jobId),
      jobName: job.job_name,
      jobDesc: job.job_desc,
      versionCount: job.version_count,
      versions: job.versions.map((version) => ({
        versionId: String(version.version_id),
        versionName: version.version_name,
        ...progress(version),
        engineName: version.engine_name,
        specId: String(version.spec_id),
        trainUrl: version.train_url,
      })),
    },
  };
}

const listed = (search: number | null) => jobList(firstJobOf(1, JOBS_PER_PAGE, search ?? 0), JOBS_PER_PAGE);

export function expectedJobs(search: number | null) {
  const page = listed(search);
  const jobs = page.jobs.map((job) => ({
    jobId: String(job.job_id),
    jobName: job.job_name,
    jobDesc: job.job_desc,
    versionCount: job.version_count,
    currentVersion: { versionId: String(job.version_id), ...progress(job) },
  }));
  return { trainingJobs: { jobTotalCount: page.job_total_count, jobs } };
}

export function expectedJobsWithDetails(search: number) {
  const page = listed(search);
  const jobs = page.jobs.map((job) => {
    const version = versionDetails(job.job_id, VERSIONS_PER_JOB, completed);
    return {
      jobId: String(job.job_id),
      jobName: job.job_name,
      currentVersion: {
        versionId: String(version.version_id),
        versionName: version.version_name,
        status: "COMPLETED",
        engineName: version.engine_name,
        specId: String(version.spec_id),
        trainUrl: version.train_url,
      },
    };
  });
  return { trainingJobs: { jobTotalCount: page.job_total_count, jobs } };
}

/** Whether that is the answer to a creation for that job, of a version that the job did not have. */
export function isCreation(data: unknown, jobId: number): boolean {
  const { createTrainingJobVersion: created } = data as {
    createTrainingJobVersion?: Record<string, unknown>;
  };
  return (
    created?.jobId === String(jobId) &&
    created.jobName === `churn-model-${jobId}` &&
    created.status === "INIT" &&
    typeof created.createTime === "string" &&
    Number(created.versionId) > VERSIONS_PER_JOB &&
    created.versionName === `V${String(created.versionId).padStart(4, "0")}`
  );
}

/** What a creation is answered with, ids apart. */
export function sampleCreation() {
  const created = {
    jobId: "10",
    versionId: "12345",
    jobName: "churn-model-10",
    versionName: "V12345",
    status: "INIT",
    createTime: instant(1_700_000_000_000),
  };
  return { createTrainingJobVersion: created };
}
