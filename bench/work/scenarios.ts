import { isDeepStrictEqual } from "node:util";
import { jsonTemplate } from "../upstream/json-template.js";
import { VERSIONS_PER_JOB } from "../upstream/wire.js";
import {
  expectedJob,
  expectedJobs,
  expectedJobsWithDetails,
  expectedVersion,
  isCreation,
  sampleCreation,
} from "./expected.js";
import {
  createVersion,
  type GraphqlRequest,
  jobs,
  jobsWithDetails,
  jobWithVersions,
  oneVersion,
} from "./queries.js";

/** One request of a scenario, and how its answer is told to be right. */
export interface Work {
  request: GraphqlRequest;
  /** Whether `data` is right. */
  isRight(data: unknown): boolean;
  /** The right `data` as JSON, its fields in the order asked for; undefined where only the upstream knows it. */
  rightText?(): string;
}

export interface Scenario {
  name: string;
  title: string;
  /** Who takes part: everybody, or all but those who only put a cache in front of what others do. */
  field: "all" | "cold";
  /** The fewest that each request needs. */
  upstreamCalls: 0 | 1 | 51;
  /** Fewer than usual where each request needs so many upstream calls that more would only wait, or be refused. */
  connections?: number;
  /** Requests that come back in turn; undefined where each is new. */
  keys: number | undefined;
  /** `data` of an answer: what bare servers send. */
  sample(): unknown;
  /** The work of that number: below `keys`, or ever higher. */
  work(index: number): Work;
}

const equals = (rightText: () => string) => ({
  isRight: (data: unknown) => isDeepStrictEqual(data, JSON.parse(rightText())),
  rightText,
});

const THOUSAND = 1000;
/** Cold keys start beyond what the warm scenarios use. */
const COLD = 1_000_000;

const coldVersion = jsonTemplate((jobId) => expectedVersion(jobId, VERSIONS_PER_JOB));
const coldJob = jsonTemplate(expectedJob);
const coldJobs = jsonTemplate((firstJobId) => expectedJobs(firstJobId - 1));
const coldJobsWithDetails = jsonTemplate((firstJobId) => expectedJobsWithDetails(firstJobId - 1));

function version(jobId: number, versionId: number): Work {
  return {
    request: oneVersion(jobId, versionId),
    ...equals(() => JSON.stringify(expectedVersion(jobId, versionId))),
  };
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "version",
    title: "one version, hot",
    field: "all",
    upstreamCalls: 0,
    keys: 1,
    sample: () => expectedVersion(10, 20),
    work: () => version(10, 20),
  },
  {
    name: "job",
    title: "job with 20 versions",
    field: "all",
    upstreamCalls: 0,
    keys: 1,
    sample: () => expectedJob(10),
    work: () => ({ request: jobWithVersions(10), ...equals(() => JSON.stringify(expectedJob(10))) }),
  },
  {
    name: "jobs",
    title: "50 jobs with current versions",
    field: "all",
    upstreamCalls: 0,
    keys: 1,
    sample: () => expectedJobs(null),
    work: () => ({ request: jobs(null), ...equals(() => JSON.stringify(expectedJobs(null))) }),
  },
  {
    name: "thousand",
    title: "1,000 versions in turn",
    field: "all",
    upstreamCalls: 0,
    keys: THOUSAND,
    sample: () => expectedVersion(10, 20),
    work: (index) => version(Math.floor(index / VERSIONS_PER_JOB) + 1, (index % VERSIONS_PER_JOB) + 1),
  },
  {
    name: "create",
    title: "create mutation",
    field: "all",
    upstreamCalls: 1,
    keys: THOUSAND,
    sample: sampleCreation,
    work: (index) => ({
      request: createVersion(index + 1, VERSIONS_PER_JOB),
      isRight: (data) => isCreation(data, index + 1),
    }),
  },
  {
    name: "version-cold",
    title: "one version, cold",
    field: "cold",
    upstreamCalls: 1,
    keys: undefined,
    sample: () => expectedVersion(COLD, 20),
    work: (index) => ({
      request: oneVersion(COLD + index, VERSIONS_PER_JOB),
      ...equals(() => coldVersion(COLD + index)),
    }),
  },
  {
    name: "job-cold",
    title: "job with 20 versions, cold",
    field: "cold",
    upstreamCalls: 1,
    keys: undefined,
    sample: () => expectedJob(2 * COLD),
    work: (index) => ({
      request: jobWithVersions(2 * COLD + index),
      ...equals(() => coldJob(2 * COLD + index)),
    }),
  },
  {
    name: "jobs-cold",
    title: "50 jobs, cold, fields that the list holds",
    field: "cold",
    upstreamCalls: 1,
    keys: undefined,
    sample: () => expectedJobs(3 * COLD),
    work: (index) => {
      const search = 3 * COLD + index * 50;
      return { request: jobs(search), ...equals(() => coldJobs(search + 1)) };
    },
  },
  {
    name: "jobs-details-cold",
    title: "50 jobs, cold, fields that it does not",
    field: "cold",
    upstreamCalls: 51,
    connections: 16,
    keys: undefined,
    sample: () => expectedJobsWithDetails(6 * COLD),
    work: (index) => {
      const search = 6 * COLD + index * 50;
      return { request: jobsWithDetails(search), ...equals(() => coldJobsWithDetails(search + 1)) };
    },
  },
];
