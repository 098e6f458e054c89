/** One operation to start from, with variables and headers as they are sent. */
export interface Sample {
  query: string;
  variables: Record<string, unknown>;
}

/**
 * Who asks. Both explorers send them as HTTP headers and, for subscriptions, as the WebSocket's `connectionParams`;
 * left empty they count as not given.
 */
export const IDENTITY_HEADERS = { "X-Auth-Token": "", "X-Project-Id": "" };

const lookUp: Sample = {
  query: `# Put your IAM token and project into the headers below,
# unless this gateway has its own.
query LookUpTrainingJobs {
  trainingJobs(perPage: 5, sortBy: CREATE_TIME, order: DESC) {
    jobTotalCount
    jobs {
      jobId
      jobName
      versionCount
      currentVersion {
        versionId
        versionName
        status
        createTime
      }
    }
  }
}
`,
  variables: {},
};

/** The body that the page "Creating a Version of a Training Job" of the ModelArts API reference shows. */
const vendorInput = {
  jobId: "10",
  jobDesc: "This is a ModelArts job",
  config: {
    workerServerNum: 1,
    appUrl: "/usr/app/",
    bootFileUrl: "/usr/app/boot.py",
    parameter: [
      { label: "learning_rate", value: "0.01" },
      { label: "batch_size", value: "32" },
    ],
    datasetId: "38277e62-9e59-48f4-8d89-c8cf41622c24",
    datasetVersionId: "2ff0d6ba-c480-45ae-be41-09a8369bfc90",
    specId: "1",
    engineId: "1",
    trainUrl: "/usr/train/",
    logUrl: "/usr/log/",
    preVersionId: "20",
  },
};

const create: Sample = {
  query: `# The vendor's sample: a new version of job 10, from its version 20.
# Give the input an idempotencyKey, and repeats create no second one.
mutation CreateTrainingJobVersion($input: CreateTrainingJobVersionInput!) {
  createTrainingJobVersion(input: $input) {
    jobId
    versionId
    versionName
    status
    createTime
  }
}
`,
  variables: { input: vendorInput },
};

const watch: Sample = {
  query: `# Every version of the job: its state now, then each change.
# To go on after a break, pass the last cursor as "after".
subscription WatchTrainingJob($jobId: ID!, $after: String) {
  trainingJobStatusChanged(jobId: $jobId, after: $after) {
    cursor
    versionId
    previousStatus
    status
    terminal
    observedAt
    gap
  }
}
`,
  variables: { jobId: "10" },
};

/** A lookup, the vendor's own sample as a mutation, and a subscription to what it leads to. */
export const SAMPLES: readonly Sample[] = [lookUp, create, watch];
