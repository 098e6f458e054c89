import { type LongId, type NewVersion, type TrainingJobVersion, withDefaultEngine } from "../domain/index.js";

type Config = NewVersion["config"];
type Text = string | null | undefined;

/** The upstream leaves out what has no value, or shows it as `""`; neither tells anything. */
function isShown<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined && value !== "";
}

/** What was forwarded agrees with what is shown, as far as both are there. */
function agrees<T>(sent: T | undefined, shown: T | null, same: (a: T, b: T) => boolean = Object.is): boolean {
  return !isShown(sent) || !isShown(shown) || same(sent, shown);
}

/** Both, or neither: for what the upstream never fills in by itself. */
function equals(sent: Text, shown: Text): boolean {
  return (sent ?? "") === (shown ?? "");
}

/** The upstream shows a directory with or without its trailing slash. */
function samePath(a: string, b: string): boolean {
  return a.replace(/\/+$/, "") === b.replace(/\/+$/, "");
}

const SHORT_NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?$/;

/** Values are typed String but come as numbers, so that "32.0" may be shown as 32. */
function sameValue(a: Text, b: Text): boolean {
  if (equals(a, b)) return true;
  const numbers = isShown(a) && isShown(b) && SHORT_NUMBER.test(a) && SHORT_NUMBER.test(b);
  return numbers && Number(a) === Number(b);
}

function sameParameters(
  sent: NonNullable<Config["parameter"]>,
  shown: TrainingJobVersion["parameter"],
): boolean {
  return (
    sent.length === shown.length &&
    sent.every(({ label, value }, i) => equals(label, shown[i]?.label) && sameValue(value, shown[i]?.value))
  );
}

function sameSources(
  sent: NonNullable<Config["dataSource"]>,
  shown: TrainingJobVersion["dataSource"],
): boolean {
  return (
    sent.length === shown.length &&
    sent.every((item, i) => {
      const other = shown[i];
      return (
        other !== undefined &&
        agrees(item.type, other.type) &&
        agrees(item.dataUrl, other.dataUrl, samePath) &&
        agrees(item.datasetId, other.datasetId) &&
        agrees(item.datasetVersion, other.datasetVersion)
      );
    })
  );
}

/** The upstream may show one form of a data set in another's fields besides; what contradicts the form sent excludes. */
function sameData(sent: Config, shown: TrainingJobVersion): boolean {
  const byDataset = sent.datasetId !== undefined;
  const byUrl = sent.dataUrl !== undefined;
  return (
    agrees(sent.dataUrl, shown.dataUrl, samePath) &&
    agrees(sent.datasetId, shown.datasetId) &&
    agrees(sent.datasetVersionId, shown.datasetVersionId) &&
    !(byUrl && isShown(shown.datasetId)) &&
    !(byUrl && shown.dataSource.some((item) => item.type === "DATASET")) &&
    !(byDataset && shown.dataSource.some((item) => item.type === "OBS")) &&
    (sent.dataSource === undefined ||
      shown.dataSource.length === 0 ||
      sameSources(sent.dataSource, shown.dataSource))
  );
}

function sameProgram(sent: Config, shown: TrainingJobVersion): boolean {
  const modelShown = shown.modelId === "0" ? null : shown.modelId;
  const parameter = sent.parameter ?? [];
  // A built-in model brings its own parameters, of which the upstream may show more than were sent.
  const parametersFilledIn = parameter.length === 0 && sent.modelId !== undefined;
  return (
    agrees(sent.appUrl, shown.appUrl, samePath) &&
    agrees(sent.bootFileUrl, shown.bootFileUrl, samePath) &&
    agrees(sent.engineId, shown.engineId) &&
    (sent.modelId === undefined ? !isShown(modelShown) : agrees(sent.modelId, modelShown)) &&
    (parametersFilledIn || sameParameters(parameter, shown.parameter)) &&
    agrees(sent.userImageUrl, shown.userImageUrl) &&
    agrees(sent.userCommand, shown.userCommand) &&
    !(sent.userImageUrl === undefined && isShown(shown.userImageUrl)) &&
    !(sent.userCommand === undefined && isShown(shown.userCommand))
  );
}

function sameMachine(sent: Config, shown: TrainingJobVersion): boolean {
  return (
    agrees(sent.workerServerNum, shown.workerServerNum) &&
    agrees(sent.specId, shown.specId) &&
    agrees(sent.poolId, shown.poolId)
  );
}

/**
 * Whether the version has the same preVersionId and config as what was forwarded, as far as the list of versions shows
 * it (vendor's page "Querying a List of Training Job Versions"). What is not shown excludes nothing. What is shown
 * without having been sent excludes only where the upstream has no reason to fill it in by itself: it resolves data
 * sets to paths, models to engines, pools to specs. The description is the job's there, so it tells nothing.
 */
export function hasConfigOf(created: NewVersion, shown: TrainingJobVersion): boolean {
  const sent = withDefaultEngine(created.config);
  return (
    shown.versionId !== sent.preVersionId &&
    agrees<LongId>(sent.preVersionId, shown.preVersionId) &&
    agrees(sent.trainUrl, shown.trainUrl, samePath) &&
    agrees(sent.logUrl, shown.logUrl, samePath) &&
    !(sent.logUrl === undefined && isShown(shown.logUrl)) &&
    sameProgram(sent, shown) &&
    sameData(sent, shown) &&
    sameMachine(sent, shown)
  );
}
