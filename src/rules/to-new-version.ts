import type { NewVersion } from "../domain/index.js";
import type { CreateTrainingJobVersionInput } from "../types/create-training-job-version-input.js";

type Given<T> = { [K in keyof T]: NonNullable<T[K]> };

/** The fields that were given; `null` counts as left out. */
function given<T extends object>(fields: T): Given<T> {
  const kept: Partial<T> = {};
  for (const name of Object.keys(fields) as (keyof T)[]) {
    const value = fields[name];
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept as Given<T>;
}

/** What an input whose shape rules all hold asks for. */
export function toNewVersion({ jobId, jobDesc, config }: CreateTrainingJobVersionInput): NewVersion {
  const checked = {
    ...given({ jobId, jobDesc }),
    config: given({
      ...config,
      parameter: config.parameter?.map(given),
      dataSource: config.dataSource?.map(given),
    }),
  };
  // The shape rules hold: the ids are LongIds.
  return checked as NewVersion;
}
