import { expect, it } from "vitest";
import { CreateTrainingJobVersionArgs } from "../../../src/types/arguments.js";
import { CreateTrainingJobVersionInput } from "../../../src/types/create-training-job-version-input.js";
import { DataSourceInput } from "../../../src/types/data-source-input.js";
import { TrainingJobVersionConfigInput } from "../../../src/types/training-job-version-config-input.js";

// type-graphql deletes the fields that were not given from each input that it makes, and V8 is slow with objects that had fields deleted.
it.each(
  [
    CreateTrainingJobVersionArgs,
    CreateTrainingJobVersionInput,
    TrainingJobVersionConfigInput,
    DataSourceInput,
  ].map((Input) => [Input.name, Input] as const),
)("%s has no fields before they are given, so that none has to be deleted", (_name, Input) => {
  expect(Object.keys(new Input())).toEqual([]);
});
