import type { NewVersion } from "../domain/index.js";
import type { CreateTrainingJobVersionInput } from "../types/create-training-job-version-input.js";

type Given<T> = { [K in keyof T]: NonNullable<T[K]> };

/** The fields that were given; `null` counts as left out. */
function given<T extends object>(fields: T): Given<T> {
  const kept: Partial<T> = {};
  for (const name in fields)
    if (fields[name] !== null && fields[name] !== undefined) kept[name] = fields[name];
  return kept as Given<T>;
}

/** What an input whose shape rules all hold asks for. */
export function toNewVersion({ jobId, jobDesc, config }: CreateTrainingJobVersionInput): NewVersion {
  const kept = given(config);
  if (kept.parameter) kept.parameter = kept.parameter.map(given);
  if (kept.dataSource) kept.dataSource = kept.dataSource.map(given);
  // The shape rules hold: the ids are LongIds.
  return { config: kept, ...given({ jobId, jobDesc }) } as NewVersion;
}
