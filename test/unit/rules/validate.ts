import type { Violation } from "../../../src/errors.js";
import { sampleInput } from "../../support/sample.js";
import { dataOf, Gateway, nameOf } from "../resolvers/gateway.js";

/** Fields of an input, any of them, with any value. */
export type Fields = Record<string, unknown>;

/** Without the sample's data set. */
export const NO_DATA: Fields = { datasetId: null, datasetVersionId: null };

export const OBS_ITEM: Fields = { type: "OBS", dataUrl: "/usr/data/" };
export const DATASET_ITEM: Fields = { type: "DATASET", datasetId: "d", datasetVersion: "v" };

/** These data sources in place of the sample's data set. */
export function sources(...dataSource: Fields[]): Fields {
  return { ...NO_DATA, dataSource };
}

/** The vendor's sample with other fields. */
export function inputWith(config: Fields = {}, top: Fields = {}): Fields {
  const sample = sampleInput();
  return { ...sample, ...top, config: { ...sample.config, ...config } };
}

const VALIDATE = `query ($input: CreateTrainingJobVersionInput!) {
  validateTrainingJobVersion(input: $input) { path rule message }
}`;

/** What validateTrainingJobVersion answers. */
export async function violationsOf(input: Fields, gateway = new Gateway()): Promise<Violation[]> {
  const data = dataOf(await gateway.run(VALIDATE, { input }));
  return (data as { validateTrainingJobVersion: Violation[] }).validateTrainingJobVersion;
}

/** The same, each in one line: path without `input`, and rule. */
export async function brokenBy(input: Fields, gateway = new Gateway()): Promise<string[]> {
  return (await violationsOf(input, gateway)).map((violation) => nameOf(violation).replace("input.", ""));
}
