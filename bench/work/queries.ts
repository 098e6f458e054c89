/** The public queries that everybody is asked. */

const VERSION_FIELDS = `jobId jobName versionId versionName preVersionId status terminal createTime duration
  engineName engineVersion appUrl bootFileUrl parameter { label value } dataUrl trainUrl workerServerNum
  specId gpuType`;

const ONE_VERSION = `query ($jobId: ID!, $versionId: ID!) {
  trainingJobVersion(jobId: $jobId, versionId: $versionId) { ${VERSION_FIELDS} }
}`;

const JOB_WITH_VERSIONS = `query ($jobId: ID!) {
  trainingJob(jobId: $jobId) {
    jobId jobName jobDesc versionCount
    versions(perPage: 20) { versionId versionName status terminal createTime duration engineName specId trainUrl }
  }
}`;

const JOBS = `query ($searchContent: String) {
  trainingJobs(perPage: 50, filter: { searchContent: $searchContent }) {
    jobTotalCount
    jobs { jobId jobName jobDesc versionCount currentVersion { versionId status terminal createTime duration } }
  }
}`;

const JOBS_WITH_DETAILS = `query ($searchContent: String) {
  trainingJobs(perPage: 50, filter: { searchContent: $searchContent }) {
    jobTotalCount
    jobs { jobId jobName currentVersion { versionId versionName status engineName specId trainUrl } }
  }
}`;

const CREATE = `mutation ($input: CreateTrainingJobVersionInput!) {
  createTrainingJobVersion(input: $input) { jobId versionId jobName versionName status createTime }
}`;

export interface GraphqlRequest {
  query: string;
  variables: Record<string, unknown>;
}

export const oneVersion = (jobId: number, versionId: number): GraphqlRequest => ({
  query: ONE_VERSION,
  variables: { jobId: String(jobId), versionId: String(versionId) },
});

export const jobWithVersions = (jobId: number): GraphqlRequest => ({
  query: JOB_WITH_VERSIONS,
  variables: { jobId: String(jobId) },
});

/** @param search the digits that name the first job, less one; none: the first jobs */
export const jobs = (search: number | null): GraphqlRequest => ({
  query: JOBS,
  variables: { searchContent: search === null ? null : String(search) },
});

/** Asks the current versions for fields that the list of jobs does not hold. */
export const jobsWithDetails = (search: number): GraphqlRequest => ({
  query: JOBS_WITH_DETAILS,
  variables: { searchContent: String(search) },
});

export function createVersion(jobId: number, preVersionId: number): GraphqlRequest {
  const parameter = [
    { label: "learning_rate", value: "0.01" },
    { label: "batch_size", value: "32" },
  ];
  const config = {
    workerServerNum: 1,
    appUrl: "/usr/app/",
    bootFileUrl: "/usr/app/boot.py",
    parameter,
    dataUrl: "/usr/data/",
    specId: "1",
    engineId: "3",
    trainUrl: "/usr/train/",
    logUrl: "/usr/log/",
    preVersionId: String(preVersionId),
  };
  return { query: CREATE, variables: { input: { jobId: String(jobId), jobDesc: "A retraining", config } } };
}
