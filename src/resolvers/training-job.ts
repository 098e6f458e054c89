import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.js";
import {
  codeOfStatus,
  type JobListQuery,
  type JobWithVersions,
  type LongId,
  type TrainingJobPage as PageEntity,
  type TrainingJobSummary,
  type TrainingJobVersion as VersionEntity,
  type VersionSummary,
} from "../domain/index.js";
import { checkArguments } from "../rules/shape.js";
import { JobArgs, PageArgs, TrainingJobsArgs } from "../types/arguments.js";
import { optional } from "../types/field-options.js";
import { TrainingJob, TrainingJobPage } from "../types/training-job.js";
import { TrainingJobVersion } from "../types/training-job-version.js";
import { coverageAsked, covers } from "./coverage.js";
import type { MaybePromise } from "./maybe-promise.js";

/** A job from the list of jobs, or one that was looked up with its versions. */
type Job = TrainingJobSummary | JobWithVersions;

function toQuery({ filter, sortBy, order, page, perPage }: TrainingJobsArgs): JobListQuery {
  const { status, searchContent, workspaceId } = filter ?? {};
  return {
    sortBy: sortBy ?? "JOB_NAME",
    order: order ?? "ASC",
    page: page ?? 1,
    perPage: perPage ?? 10,
    ...(status && { statusCode: codeOfStatus(status) }),
    ...(typeof searchContent === "string" && { searchContent }),
    ...(typeof workspaceId === "string" && { workspaceId }),
  };
}

@Resolver(() => TrainingJob)
export class TrainingJobResolver {
  @Query(() => TrainingJob, optional("One job with its versions. Null when the upstream has no such job."))
  trainingJob(
    @Args(() => JobArgs) args: JobArgs,
    @Ctx() { lookups }: GatewayContext,
  ): Promise<JobWithVersions | null> {
    const { jobId } = checkArguments(args);
    return lookups.trainingJob(jobId as LongId);
  }

  @Query(() => TrainingJobPage, optional("One page of the project's jobs."))
  trainingJobs(
    @Args(() => TrainingJobsArgs) args: TrainingJobsArgs,
    @Ctx() { lookups }: GatewayContext,
  ): Promise<PageEntity> {
    return lookups.trainingJobs(toQuery(checkArguments(args)));
  }

  @FieldResolver(
    () => TrainingJobVersion,
    optional(
      "The one that the job list names, where the job came from a list; else the newest by createTime, then versionId. " +
        "Null in a job without versions.",
    ),
  )
  currentVersion(
    @Root() job: Job,
    @Ctx() { lookups }: GatewayContext,
    @Info() info: GraphQLResolveInfo,
  ): MaybePromise<VersionSummary | null> {
    const known = "versions" in job ? job.versions[0] : job.currentVersion;
    if (!known) return null;
    const asked = coverageAsked(info);
    // A specCode that is all that is missing is looked up by its own resolver, whose failure costs nothing else.
    const isEnough = covers(known, asked === "details" ? "list" : asked);
    return isEnough ? known : lookups.trainingJobVersion(job.jobId, known.versionId, asked);
  }

  @FieldResolver(
    () => [TrainingJobVersion],
    optional(
      "The versions, newest first over all pages, by createTime, then versionId; beyond the end: empty.",
    ),
  )
  versions(
    @Root() job: Job,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { lookups }: GatewayContext,
  ): MaybePromise<VersionEntity[] | null> {
    const { page, perPage } = checkArguments(args);
    const size = perPage ?? 10;
    const start = ((page ?? 1) - 1) * size;
    const pageOf = (versions: readonly VersionEntity[]) => versions.slice(start, start + size);
    if ("versions" in job) return pageOf(job.versions);
    return lookups.trainingJob(job.jobId).then((all) => all && pageOf(all.versions));
  }
}
