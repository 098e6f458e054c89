/** The vendor's sample request, "Creating a Version of a Training Job", in the words of GraphQL. */
export function sampleInput() {
  return {
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
}

/** The same as the vendor documents it on the wire. */
export const SAMPLE_BODY = {
  job_desc: "This is a ModelArts job",
  config: {
    worker_server_num: 1,
    app_url: "/usr/app/",
    boot_file_url: "/usr/app/boot.py",
    parameter: [
      { label: "learning_rate", value: "0.01" },
      { label: "batch_size", value: "32" },
    ],
    dataset_id: "38277e62-9e59-48f4-8d89-c8cf41622c24",
    dataset_version_id: "2ff0d6ba-c480-45ae-be41-09a8369bfc90",
    spec_id: 1,
    engine_id: 1,
    train_url: "/usr/train/",
    log_url: "/usr/log/",
    pre_version_id: 20,
  },
};

export const CREATE = `mutation ($input: CreateTrainingJobVersionInput!) {
  createTrainingJobVersion(input: $input) { jobId versionId jobName versionName status createTime }
}`;
