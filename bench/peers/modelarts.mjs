/** The upstream as the peers call it: undici's pool and JSON.parse, no retries, no rules, no error mapping. */
import DataLoader from "dataloader";
import { Pool } from "undici";

const pool = new Pool(process.env.MODELARTS_ENDPOINT, { connections: 64 });
const prefix = "/v1/bench";

async function call(method, path, body) {
  const answer = await pool.request({
    method,
    path: `${prefix}${path}`,
    headers: { "content-type": "application/json", "x-auth-token": "bench-token" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const json = await answer.body.json();
  if (answer.statusCode !== 200 || json.is_success !== true) throw new Error(json.error_message ?? "refused");
  return json;
}

/** A DataLoader for each kind of lookup; for one operation. */
export function createLoaders() {
  const each = (load) => new DataLoader((keys) => Promise.all(keys.map(load)));
  return {
    versions: each((path) => call("GET", path)),
    jobs: each((jobId) => call("GET", `/training-jobs/${jobId}/versions?per_page=1000&page=0`)),
    pages: each((query) => call("GET", `/training-jobs?${query}`)),
  };
}

export const versionPath = (jobId, versionId) => `/training-jobs/${jobId}/versions/${versionId}`;

export const createVersion = (jobId, body) => call("POST", `/training-jobs/${jobId}/versions`, body);
