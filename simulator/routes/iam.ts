import { type Answer, Refusal } from "../answers.js";
import type { Handler, World } from "../api.js";
import type { IamUser } from "../auth/users.js";
import { isJsonObject, type Json, type JsonObject } from "../json.js";
import { readBody } from "../validation/fields.js";

/** IAM's times have microseconds: `2020-01-04T09:08:49.965000Z`. */
const iamTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");

const badRequest = (message: string): Refusal => new Refusal(400, "IAM.0011", message);

function at(value: Json | undefined, ...path: string[]): Json | undefined {
  return path.reduce<Json | undefined>((found, key) => (isJsonObject(found) ? found[key] : undefined), value);
}

function textAt(value: Json | undefined, ...path: string[]): string | undefined {
  const text = at(value, ...path);
  return typeof text === "string" ? text : undefined;
}

function findUser(body: JsonObject, users: readonly IamUser[]): IamUser {
  const identity = at(body, "auth", "identity");
  const methods = at(identity, "methods");
  if (!Array.isArray(methods) || !methods.includes("password")) {
    throw badRequest("auth.identity.methods must hold password.");
  }
  const name = textAt(identity, "password", "user", "name");
  const password = textAt(identity, "password", "user", "password");
  const domain = textAt(identity, "password", "user", "domain", "name");
  if (name === undefined || password === undefined || domain === undefined) {
    throw badRequest("auth.identity.password.user must have name, password and domain.name.");
  }
  const user = users.find(
    (candidate) => candidate.name === name && candidate.password === password && candidate.domain === domain,
  );
  if (!user) throw new Refusal(401, "IAM.0101", "The username or password is wrong.");
  return user;
}

/** The project that the token shall be for; ids serve as names too. Undefined without `scope.project`. */
function scopedProject(body: JsonObject, user: IamUser): string | undefined {
  const project = at(body, "auth", "scope", "project");
  if (project === undefined) return undefined;
  const id = textAt(project, "id") ?? textAt(project, "name");
  if (id === undefined) throw badRequest("auth.scope.project must have an id or a name.");
  if (!user.projectIds.includes(id)) throw new Refusal(401, "IAM.0102", "The project is not the user's.");
  return id;
}

function tokenAnswer(user: IamUser, projectId: string | undefined, world: World): Answer {
  const { token, expiresAt } = world.tokens.issue(projectId);
  const domain = { id: `${user.domain}-id`, name: user.domain };
  return {
    status: 201,
    headers: { "X-Subject-Token": token },
    body: {
      token: {
        expires_at: iamTime(expiresAt),
        issued_at: iamTime(world.store.now()),
        methods: ["password"],
        catalog: [],
        roles: [{ id: "0", name: "te_admin" }],
        ...(projectId !== undefined && { project: { id: projectId, name: projectId, domain } }),
        user: { id: `${user.name}-id`, name: user.name, domain, password_expires_at: "" },
      },
    },
  };
}

/** `POST /v3/auth/tokens`: the token comes in the header `X-Subject-Token`. Failures have IAM's own form. */
export const createToken: Handler = (request, world) => {
  try {
    const body = readBody(request.body);
    const user = findUser(body, world.users);
    return tokenAnswer(user, scopedProject(body, user), world);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const title = error.status === 401 ? "Unauthorized" : "Bad Request";
    return { status: error.status, body: { error: { code: error.status, message: error.message, title } } };
  }
};
