import { stringifyJson } from "../json.js";
import type { Algorithm, Engine, Spec } from "../store/entities.js";

type EngineRow = [id: bigint, type: number, name: string, version: string];

const TRAIN_ENGINES: EngineRow[] = [
  [1n, 1, "TensorFlow", "TF-1.8.0-python2.7"],
  [2n, 1, "TensorFlow", "TF-1.13.1-python3.6"],
  [3n, 2, "MXNet", "MXNet-1.2.1-python3.6"],
  [4n, 4, "Caffe", "Caffe-1.0.0-python2.7"],
  [5n, 5, "Spark_MLlib", "Spark-2.3.2-python3.6"],
  [9n, 9, "XGBoost-Sklearn", "XGBoost-0.80-Sklearn-0.18.1-python3.6"],
  [10n, 10, "PyTorch", "PyTorch-1.4.0-python3.6"],
  [13n, 17, "Ascend-Powered-Engine", "MindSpore-1.3.0-python3.7"],
  [9_007_199_254_740_993n, 10, "PyTorch", "PyTorch-1.8.2-python3.7"],
];
const INFERENCE_ENGINES: EngineRow[] = [[104n, 1, "TensorFlow", "TF-Serving-1.13.1"]];

/** Engines of all kinds; 1 is the vendor's sample's, one has an id beyond 2^53. */
export function seedEngines(): Engine[] {
  const made =
    (jobType: "train" | "inference") =>
    ([id, type, name, version]: EngineRow) => ({
      id,
      type,
      name,
      version,
      jobType,
    });
  return [...TRAIN_ENGINES.map(made("train")), ...INFERENCE_ENGINES.map(made("inference"))];
}

type SpecRow = [
  id: bigint,
  code: string,
  core: string,
  cpu: string,
  gpus: number,
  gpuType: string,
  max: number,
];

const TRAIN_SPECS: SpecRow[] = [
  [1n, "modelarts.vm.cpu.2u", "2", "8", 0, "", 4],
  [2n, "modelarts.vm.cpu.8u", "8", "32", 0, "", 16],
  [3n, "modelarts.p3.large.public", "8", "64", 1, "nvidia-v100", 8],
  [4n, "modelarts.p3.8xlarge.public", "64", "512", 8, "nvidia-v100", 2],
  [5n, "modelarts.bm.gpu.8v100", "72", "512", 8, "nvidia-v100", 1],
  [6n, "modelarts.vm.gpu.p100", "8", "64", 1, "nvidia-p100", 4],
  [7n, "modelarts.kat1.8xlarge", "192", "720", 8, "ascend-910", 2],
  [9_007_199_254_740_993n, "modelarts.vm.cpu.free", "1", "4", 0, "", 1],
];
const INFERENCE_SPECS: SpecRow[] = [[21n, "modelarts.infer.cpu.2u", "2", "8", 0, "", 8]];
const SOLD_OUT = 6n;
const ASCEND = 7n;

/** Resource specifications: 1 is the vendor's sample's, 6 is sold out, one has an id beyond 2^53. */
export function seedSpecs(): Spec[] {
  const made =
    (jobType: "train" | "inference") =>
    ([id, code, core, cpu, gpuNum, gpuType, maxNum]: SpecRow): Spec => ({
      id,
      code,
      core,
      cpu,
      gpuNum,
      ...(gpuType !== "" && { gpuType }),
      maxNum,
      unitNum: 1,
      storage: gpuNum === 0 ? "" : "3200",
      interfaceType: 1,
      soldOut: id === SOLD_OUT,
      jobType,
      ...(id === ASCEND && { engineIds: [13n] }),
    });
  return [...TRAIN_SPECS.map(made("train")), ...INFERENCE_SPECS.map(made("inference"))];
}

type AlgorithmRow = [
  id: bigint,
  name: string,
  usage: number,
  precision: string,
  size: bigint,
  engineId: bigint,
];

const ALGORITHMS: AlgorithmRow[] = [
  [1n, "ResNet_v1_50", 1, "75.2%(top1), 92.2%(top5)", 102_465_536n, 2n],
  [2n, "Faster_RCNN_ResNet_v1_50", 2, "73.6%(mAP)", 345_678_901n, 2n],
  [3n, "DeepLab_v3", 3, "79.8%(mIoU)", 178_920_448n, 2n],
  [4n, "BERT_Base", 4, "84.6%(F1)", 440_473_133n, 2n],
  [5n, "FaceNet", 5, "99.1%(accuracy)", 95_745_767n, 3n],
  [6n, "SSD_VGG16", 2, "77.2%(mAP)", 105_151_488n, 3n],
];

const PARAMETERS = stringifyJson([
  { label: "batch_size", value: "32", placeholder_cn: "", placeholder_en: "", required: true },
  { label: "learning_rate", value: "0.01", placeholder_cn: "", placeholder_en: "", required: false },
]);

/** Built-in algorithms, one at least of each usage. */
export function seedAlgorithms(createTime: number): Algorithm[] {
  return ALGORITHMS.map(([id, name, usage, precision, size, engineId]) => ({
    id,
    name,
    usage,
    precision,
    size,
    trainDataset: usage === 4 ? "Wikipedia" : "ImageNet, 1,281,167 training images",
    datasetFormat: usage === 4 ? "text files" : "shape: [H>=224, W>=224, C>=1]; type: int8",
    descriptionUrl: `https://example.com/models/${name}`,
    parameter: PARAMETERS,
    createTime,
    engineId,
  }));
}
