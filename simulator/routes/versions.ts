import { invalidValue, parameterError, Refusal, success } from "../answers.js";
import type { ApiRequest, Handler, World } from "../api.js";
import { hashOf } from "../random.js";
import type { Job, Version } from "../store/entities.js";
import { isFinal } from "../store/lifecycle.js";
import {
  LONG_MAX,
  mandatoryInteger,
  mandatoryObject,
  optionalJobDesc,
  readBody,
} from "../validation/fields.js";
import { pageOf, pathId, queryInteger } from "../validation/query.js";
import { readVersionConfig } from "../validation/version-config.js";
import { styled, styleFor } from "../wire/habits.js";
import { versionFields } from "../wire/version.js";
import { outcomeFor } from "./outcome.js";

function addressedJob(request: ApiRequest, world: World): Job {
  return world.store.job(request.projectId, pathId(request.jobId, "job_id"));
}

/** The version that a request's path names. */
export function addressedVersion(request: ApiRequest, world: World): Version {
  const jobId = pathId(request.jobId, "job_id");
  return world.store.version(request.projectId, jobId, pathId(request.versionId, "version_id"));
}

/** The order of the list is not documented: each job has one of its own. */
function inSomeOrder(job: Job, versions: readonly Version[]): readonly Version[] {
  const order = hashOf(`order/${job.id}`) % 3;
  if (order === 0) return versions;
  if (order === 1) return versions.toReversed();
  return versions.toSorted((a, b) => hashOf(`order/${a.id}`) - hashOf(`order/${b.id}`));
}

/** "Querying the Versions of a Training Job"; page 0 is all of them. */
export const listVersions: Handler = (request, world) => {
  const job = addressedJob(request, world);
  const project = world.store.project(request.projectId);
  const perPage = queryInteger(request.query, "per_page", { min: 1n, max: 1_000n, default: 10n });
  const page = queryInteger(request.query, "page", { min: 0n, max: 65_535n, default: 1n });
  const all = inSomeOrder(job, world.store.versions(job));
  const versions = (page === 0n ? all : pageOf(all, page, perPage)).map((version) => {
    const style = styleFor(world.habits(), `listVersions/${job.id}/${version.id}`);
    return styled(versionFields(version, project, world.store.now(), "list", style), style);
  });
  const fields = { job_id: job.id, job_name: job.name, job_desc: job.desc, version_count: all.length };
  return success({ ...styled(fields, styleFor(world.habits(), `listVersions/${job.id}`)), versions });
};

/** "Querying the Details About a Training Job Version". */
export const getVersion: Handler = (request, world) => {
  const job = addressedJob(request, world);
  const version = addressedVersion(request, world);
  const project = world.store.project(request.projectId);
  const style = styleFor(world.habits(), `getVersion/${job.id}/${version.id}`);
  const fields = versionFields(version, project, world.store.now(), "details", style);
  return success(styled({ job_id: job.id, job_name: job.name, job_desc: job.desc, ...fields }, style));
};

/** "Creating a Version of a Training Job": asynchronous, the answer carries the first status. */
export const createVersion: Handler = (request, world) => {
  const { store } = world;
  const job = addressedJob(request, world);
  const project = store.project(request.projectId);
  const body = readBody(request.body);
  const desc = optionalJobDesc(body);
  const wireConfig = mandatoryObject(body, "config");
  const config = readVersionConfig(wireConfig, project, { trainUrl: "mandatory" });
  const preVersionId = mandatoryInteger(wireConfig, "pre_version_id", 0n, LONG_MAX);
  const versions = store.versions(job);
  if (!versions.some((version) => version.id === preVersionId)) {
    throw invalidValue(`pre_version_id ${preVersionId} is no version of training job ${job.id}.`);
  }
  if (versions.length >= project.versionCountLimit) {
    throw new Refusal(400, "ModelArts.0118", "The quota of versions is exceeded.");
  }
  const version = store.addVersion(project.id, job.id, {
    preVersionId,
    config,
    outcome: outcomeFor(config, project),
  });
  if (desc !== undefined) job.desc = desc;
  const answer = {
    job_id: job.id,
    job_name: job.name,
    status: store.statusOf(version),
    create_time: version.createTime,
    version_id: version.id,
    version_name: version.name,
  };
  return success(styled(answer, styleFor(world.habits(), `createVersion/${job.id}/${version.id}`)));
};

/** "Stopping a Training Job Version": asynchronous. */
export const stopVersion: Handler = (request, world) => {
  const version = addressedVersion(request, world);
  const status = world.store.statusOf(version);
  if (isFinal(status))
    throw parameterError(`The version has ended (status ${status}) and cannot be stopped.`);
  world.store.stop(version);
  return success();
};

/** "Deleting a Version of a Training Job": asynchronous. */
export const deleteVersion: Handler = (request, world) => {
  world.store.remove(addressedVersion(request, world));
  return success();
};
