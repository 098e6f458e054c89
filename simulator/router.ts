/** Every call that the simulator knows; faults and the journal name calls by these. */
export const ROUTES = {
  listJobs: ["GET", "/v1/{project}/training-jobs"],
  createJob: ["POST", "/v1/{project}/training-jobs"],
  updateJob: ["PUT", "/v1/{project}/training-jobs/{job}"],
  deleteJob: ["DELETE", "/v1/{project}/training-jobs/{job}"],
  listVersions: ["GET", "/v1/{project}/training-jobs/{job}/versions"],
  createVersion: ["POST", "/v1/{project}/training-jobs/{job}/versions"],
  getVersion: ["GET", "/v1/{project}/training-jobs/{job}/versions/{version}"],
  deleteVersion: ["DELETE", "/v1/{project}/training-jobs/{job}/versions/{version}"],
  stopVersion: ["POST", "/v1/{project}/training-jobs/{job}/versions/{version}/stop"],
  listLogFiles: ["GET", "/v1/{project}/training-jobs/{job}/versions/{version}/log/file-names"],
  readLog: ["GET", "/v1/{project}/training-jobs/{job}/versions/{version}/aom-log"],
  listResourceSpecs: ["GET", "/v1/{project}/job/resource-specs"],
  listEngines: ["GET", "/v1/{project}/job/ai-engines"],
  listAlgorithms: ["GET", "/v1/{project}/built-in-algorithms"],
  createToken: ["POST", "/v3/auth/tokens"],
} as const;

export type RouteName = keyof typeof ROUTES;

/** True for the name of a call. */
export function isRouteName(text: unknown): text is RouteName {
  return typeof text === "string" && Object.hasOwn(ROUTES, text);
}

/** Which call a method and path mean, with the path's parts decoded and not yet checked. */
export interface RouteMatch {
  route: RouteName;
  projectId: string;
  jobId: string;
  versionId: string;
}

const ROUTE_NAMES = Object.keys(ROUTES).filter(isRouteName);

/** A trailing slash makes no difference, as with the real service. */
const COMPILED = ROUTE_NAMES.map((route) => {
  const [method, path] = ROUTES[route];
  return { route, method, pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}/?$`) };
});

function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return part ?? "";
  }
}

/** The call that method and path (without query) mean; undefined when there is none. */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  for (const candidate of COMPILED) {
    if (candidate.method !== method) continue;
    const match = candidate.pattern.exec(path);
    if (!match) continue;
    const { project, job, version } = match.groups ?? {};
    return {
      route: candidate.route,
      projectId: decoded(project),
      jobId: decoded(job),
      versionId: decoded(version),
    };
  }
  return undefined;
}
