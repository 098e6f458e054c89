import { isJsonObject, type Json, type JsonObject, parseJson, stringifyJson } from "../../simulator/json.js";
import type { TestSimulator } from "../support/simulator.js";

export interface SimulatorAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Integers as bigints. */
  body: JsonObject;
}

interface CallOptions {
  method?: string;
  /** Written as JSON unless it is a text. */
  body?: Json;
  headers?: Record<string, string>;
}

/** One call with the first tenant's token; `path` follows the project unless it starts with `//`. */
export async function call(
  simulator: TestSimulator,
  path: string,
  { method = "GET", body, headers = {} }: CallOptions = {},
): Promise<SimulatorAnswer> {
  const url = path.startsWith("//") ? path.slice(1) : `/v1/${simulator.projectId}${path}`;
  const response = await fetch(`${simulator.url}${url}`, {
    method,
    headers: { ...simulator.headers, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : stringifyJson(body) }),
  });
  const text = await response.text();
  const parsed = text === "" ? {} : parseJson(text);
  if (!isJsonObject(parsed)) throw new Error(`not an object: ${text}`);
  return { status: response.status, headers: response.headers, text, body: parsed };
}

/** The objects in a list of an answer. */
export function objects(body: JsonObject, name: string): JsonObject[] {
  const list = body[name];
  if (!Array.isArray(list)) throw new Error(`${name} is no list`);
  return list.filter((item: Json) => isJsonObject(item));
}

/** The vendor's sample request, with some fields of `config` replaced; undefined leaves one out. */
export function sampleBody(config: JsonObject = {}): JsonObject {
  return {
    job_desc: "This is a ModelArts job",
    config: {
      worker_server_num: 1,
      app_url: "/usr/app/",
      boot_file_url: "/usr/app/boot.py",
      parameter: [
        { label: "learning_rate", value: "0.01" },
        { label: "batch_size", value: "32" },
      ],
      dataset_id: "38277e62-9e59-48f4-8d89-c8cf41622c24",
      dataset_version_id: "2ff0d6ba-c480-45ae-be41-09a8369bfc90",
      spec_id: 1,
      engine_id: 1,
      train_url: "/usr/train/",
      log_url: "/usr/log/",
      pre_version_id: 20,
      ...config,
    },
  };
}
