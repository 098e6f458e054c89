import { isDeepStrictEqual } from "node:util";
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

const equals = (expected: unknown) => (data: unknown) => isDeepStrictEqual(data, expected);

const THOUSAND = 1000;
/** Cold keys start beyond what the warm scenarios use. */
const COLD = 1_000_000;

function version(jobId: number, versionId: number): Work {
  return { request: oneVersion(jobId, versionId), isRight: equals(expectedVersion(jobId, versionId)) };
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
    work: () => ({ request: jobWithVersions(10), isRight: equals(expectedJob(10)) }),
  },
  {
    name: "jobs",
    title: "50 jobs with current versions",
    field: "all",
    upstreamCalls: 0,
    keys: 1,
    sample: () => expectedJobs(null),
    work: () => ({ request: jobs(null), isRight: equals(expectedJobs(null)) }),
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
    work: (index) => version(COLD + index, 20),
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
      isRight: equals(expectedJob(2 * COLD + index)),
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
      return { request: jobs(search), isRight: equals(expectedJobs(search)) };
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
      return { request: jobsWithDetails(search), isRight: equals(expectedJobsWithDetails(search)) };
    },
  },
];
