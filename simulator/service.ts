import { type Answer, invalidArgument, Refusal } from "./answers.js";
import type { Handler, World } from "./api.js";
import { type Authenticator, wrongProject } from "./auth/authenticate.js";
import { splitTarget } from "./auth/canonical-request.js";
import type { SignedRequest } from "./auth/signature.js";
import type { RouteMatch, RouteName } from "./router.js";
import { listAlgorithms, listEngines, listResourceSpecs } from "./routes/catalogue.js";
import { createToken } from "./routes/iam.js";
import { createJob, deleteJob, listJobs, updateJob } from "./routes/jobs.js";
import { listLogFiles, readLog } from "./routes/logs.js";
import { createVersion, deleteVersion, getVersion, listVersions, stopVersion } from "./routes/versions.js";

const HANDLERS: Record<RouteName, Handler> = {
  listJobs,
  createJob,
  updateJob,
  deleteJob,
  listVersions,
  createVersion,
  getVersion,
  deleteVersion,
  stopVersion,
  listLogFiles,
  readLog,
  listResourceSpecs,
  listEngines,
  listAlgorithms,
  createToken,
};

const TAKES_JSON = new Set<RouteName>(["createJob", "updateJob", "createVersion"]);

function checkContentType({ headers }: SignedRequest): void {
  if (!/^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? "")) {
    throw invalidArgument("The header Content-Type must be application/json.");
  }
}

/** The API gateway's answer to a path that is no call of the service. */
const noSuchApi = (): Refusal =>
  new Refusal(404, "APIGW.0101", "The API does not exist or has not been published in the environment");

/**
 * Carries one call out: authentication, project, then the call itself.
 *
 * @throws Refusal for every documented failure
 */
export function serve(
  request: SignedRequest,
  match: RouteMatch | undefined,
  world: World,
  authenticator: Authenticator,
): Answer {
  if (!match) throw noSuchApi();
  if (match.route !== "createToken") {
    authenticator.check(request, match.projectId);
    if (!world.store.hasProject(match.projectId)) throw wrongProject();
    if (TAKES_JSON.has(match.route)) checkContentType(request);
  }
  const [, query] = splitTarget(request.target);
  return HANDLERS[match.route](
    { ...match, query: new URLSearchParams(query), body: request.body.toString() },
    world,
  );
}
