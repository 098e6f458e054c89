import { isLongId } from "../domain/index.js";
import type { RequestLookups } from "../ports.js";
import type { TrainingJobVersionConfigInput } from "../types/training-job-version-config-input.js";
import { judge, NONE, type Verdict } from "./looked-up.js";

/** Rule `engine-exists`: engineId, when given, is one of the project's engines for training. */
export function engineExists({ engineId }: TrainingJobVersionConfigInput, lookups: RequestLookups): Verdict {
  if (!isLongId(engineId)) return NONE;
  return judge(
    (options) => lookups.engineSpecs("TRAIN", options),
    (engines) => {
      if (engines.some((engine) => engine.engineId === engineId)) return [];
      const message = "Give the engineId of one of the project's engines for training (query engineSpecs).";
      return [{ path: ["input", "config", "engineId"], rule: "engine-exists", message }];
    },
  );
}
