import { Refusal } from "../answers.js";
import type { IncomingRequest } from "../exchange.js";
import type { Reply } from "../faults/effects.js";
import { isJsonObject, type Json, type JsonObject, parseJson, stringifyJson } from "../json.js";
import { COMMANDS, type Controlled } from "./commands.js";
import { ControlError } from "./control-error.js";

const PREFIX = "/_control";

const COMPILED = Object.entries(COMMANDS).map(([name, command]) => {
  const [method = "", path = ""] = name.split(" ");
  const pattern = new RegExp(`^${PREFIX}${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}/?$`);
  return { method, pattern, command };
});

function readBody(body: Buffer): JsonObject {
  if (body.length === 0) return {};
  const value = parseJson(body.toString());
  // A bare value (`"clean"`) is as good as an object with that value.
  return isJsonObject(value) ? value : { value };
}

function run(controlled: Controlled, request: IncomingRequest): Json | undefined {
  for (const { method, pattern, command } of COMPILED) {
    const match = method === request.method ? pattern.exec(request.path) : null;
    if (!match) continue;
    const parts = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    return command(controlled, { parts, query: request.query, body: readBody(request.body) });
  }
  throw new ControlError(404, `No such command. There are: ${Object.keys(COMMANDS).join("; ")}.`);
}

function json(status: number, body: Json): Reply {
  return { status, headers: { "Content-Type": "application/json" }, body: stringifyJson(body) };
}

/**
 * The HTTP side of what tests in the same process do with the simulator's objects: `/_control/...`.
 * Mistakes are answered with `{ "error": "..." }`.
 */
export function createControl(controlled: Controlled): (request: IncomingRequest) => Reply {
  return (request) => {
    try {
      const result = run(controlled, request);
      return result === undefined ? { status: 204, headers: {}, body: "" } : json(200, result);
    } catch (error) {
      if (error instanceof ControlError || error instanceof Refusal) {
        return json(error.status, { error: error.message });
      }
      if (error instanceof Error) return json(400, { error: error.message });
      throw error;
    }
  };
}
