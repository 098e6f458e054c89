import { type Json, type JsonObject, stringifyJson } from "../json.js";
import { createRandom } from "../random.js";
import type { Metrics } from "../store/entities.js";
import type { Style } from "./habits.js";

const CLASSES = ["cat", "dog"];

function modelMetrics(metrics: Metrics): JsonObject {
  return {
    metric: CLASSES.map((name, index) => ({
      metric_values: {
        recall: metrics.recall,
        precision: metrics.precision,
        accuracy: metrics.accuracy,
      },
      reserved_data: {},
      metric_meta: { class_name: name, class_id: index },
    })),
    total_metric: {
      total_metric_meta: {},
      total_reserved_data: {},
      total_metric_values: {
        f1_score: metrics.f1,
        recall: metrics.recall,
        precision: metrics.precision,
        accuracy: metrics.accuracy,
      },
    },
  };
}

const SERIES = {
  cpuUsage: 100,
  memUsage: 100,
  gpuUtil: 100,
  gpuMemUsage: 100,
  diskReadRate: 5_000,
  diskWriteRate: 5_000,
  recvBytesRate: 90_000,
  sendBytesRate: 90_000,
};

function systemMetrics(seed: number): JsonObject {
  const random = createRandom(seed);
  const series: Record<string, Json> = {};
  for (const [name, scale] of Object.entries(SERIES)) {
    series[name] = Array.from({ length: 6 }, () => (random() * scale).toFixed(3));
  }
  return { ...series, interval: 1 };
}

function written(list: JsonObject, style: Style): Json {
  return style.metrics === "string" ? stringifyJson(list) : list;
}

/** The two metric lists of a version: as objects or as strings of JSON. Both absent while it has none. */
export function metricFields(metrics: Metrics | undefined, versionId: bigint, style: Style): JsonObject {
  return {
    model_metric_list: metrics && written(modelMetrics(metrics), style),
    system_metric_list: metrics && written(systemMetrics(Number(versionId % 2n ** 32n)), style),
  };
}
