import type { Metrics, VersionConfig } from "../store/entities.js";

/** The vendor's sample of "Creating a Version of a Training Job". */
export const SAMPLE_CONFIG: VersionConfig = {
  worker_server_num: 1,
  app_url: "/usr/app/",
  boot_file_url: "/usr/app/boot.py",
  parameter: [
    { label: "learning_rate", value: "0.01" },
    { label: "batch_size", value: "32" },
  ],
  dataset_id: "38277e62-9e59-48f4-8d89-c8cf41622c24",
  dataset_version_id: "2ff0d6ba-c480-45ae-be41-09a8369bfc90",
  spec_id: 1n,
  engine_id: 1n,
  train_url: "/usr/train/",
  log_url: "/usr/log/",
};

const SPEC_IDS = [1n, 2n, 3n, 4n, 6n] as const;
const ENGINE_IDS = [1n, 2n, 3n, 10n, 9_007_199_254_740_993n] as const;
const DATASET_ID = "6b8a1d0e-2c8f-4a7e-9f53-0e1c0b7a9d21";
const DATASET_VERSION = "b3f0c6b2-71d4-4f0e-8a35-5d7e2f9c1a44";

/** One of the items, by chance. */
export function pick<T>(items: readonly [T, ...T[]], random: () => number): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

type Part = (topic: string, random: () => number) => Partial<VersionConfig>;

/** Each of the documented ways to name a data set. */
const DATA_SETS: readonly [Part, ...Part[]] = [
  (topic) => ({ data_url: `/datasets/${topic}/train/` }),
  () => ({ dataset_id: DATASET_ID, dataset_version_id: DATASET_VERSION }),
  (topic) => ({
    data_source: [
      { type: "obs", data_url: `/datasets/${topic}/part-1/` },
      { type: "obs", data_url: `/datasets/${topic}/part-2/` },
    ],
  }),
  () => ({ data_source: [{ type: "dataset", dataset_id: DATASET_ID, dataset_version: DATASET_VERSION }] }),
];

const code: Part = (topic) => ({ app_url: `/code/${topic}/`, boot_file_url: `/code/${topic}/train.py` });

const framework: Part = (topic, random) => ({ ...code(topic, random), engine_id: pick(ENGINE_IDS, random) });

const customImage: Part = (topic, random) => ({
  ...code(topic, random),
  user_image_url: "100.125.5.235:20202/jobmng/custom-cpu-base:1.0",
  user_command: `bash -x /home/work/run_train.sh python /home/work/user-job-dir/${topic}/train.py`,
});

const builtInModel: Part = () => ({ model_id: 1n });

const PROGRAMS: readonly [Part, ...Part[]] = [framework, framework, framework, customImage, builtInModel];

/** A plausible configuration, by chance. */
export function someConfig(topic: string, random: () => number): VersionConfig {
  const onPool = random() < 0.1;
  return {
    worker_server_num: 1 + Math.floor(random() * 2),
    ...pick(PROGRAMS, random)(topic, random),
    ...pick(DATA_SETS, random)(topic, random),
    ...(onPool ? { pool_id: "pool1a2b3c4d" } : { spec_id: pick(SPEC_IDS, random) }),
    train_url: `/output/${topic}/`,
    ...(random() < 0.7 && { log_url: `/logs/${topic}/` }),
    ...(random() < 0.8 && {
      parameter: [
        { label: "learning_rate", value: pick(["0.1", "0.01", "0.001"], random) },
        { label: "epochs", value: String(1 + Math.floor(random() * 90)) },
        { label: "optimizer", value: pick(["sgd", "adam"], random) },
      ],
    }),
    ...(random() < 0.2 && {
      volumes: [
        {
          nfs: {
            id: "43b37236-9afa-4855-8174-32254b9562e7",
            src_path: "192.168.8.150:/",
            dest_path: "/home/work/nas",
            read_only: false,
          },
        },
      ],
    }),
  };
}

/** Plausible results of a training, by chance. */
export function someMetrics(random: () => number): Metrics {
  const score = () => Math.round((0.6 + random() * 0.39) * 10_000) / 10_000;
  return { precision: score(), recall: score(), accuracy: score(), f1: score() };
}
