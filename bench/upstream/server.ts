/**
 * A plain fast upstream: answers every call after 5 ms by timer, counts the calls, and lets statuses change at a
 * given pace. It checks nothing but the body of a creation: the simulator does that.
 */
import { createServer, type IncomingMessage } from "node:http";
import { createStatusChanges } from "./status-changes.js";
import {
  createdVersion,
  engines,
  jobList,
  resourceSpecs,
  VERSIONS_PER_JOB,
  versionDetails,
  versionList,
} from "./wire.js";

const LATENCY_MS = 5;

const changes = createStatusChanges();
let calls = 0;
let lastVersionId = VERSIONS_PER_JOB;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

/** What a call gets, as things stand when it is sent. */
async function answer(request: IncomingMessage): Promise<() => unknown> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://upstream");
  const [, , , resource, job, versions, version] = pathname.split("/");
  const jobId = Number(job);
  if (resource === "training-jobs" && job === undefined) return () => jobList(searchParams);
  if (resource === "job") return job === "ai-engines" ? engines : resourceSpecs;
  if (versions !== "versions") return () => undefined;
  if (request.method === "POST") {
    const body = await readJson(request);
    lastVersionId += 1;
    const versionId = lastVersionId;
    return () => createdVersion(jobId, versionId, body);
  }
  if (version !== undefined) return () => versionDetails(jobId, Number(version), changes.statusOf);
  return () => {
    changes.served(jobId);
    return versionList(jobId, changes.statusOf);
  };
}

/** What the runner asks of the upstream itself. */
async function control(request: IncomingMessage): Promise<unknown> {
  if (request.url === "/bench/calls") return { calls };
  if (request.url === "/bench/changes") {
    changes.run((await readJson(request)) as Parameters<typeof changes.run>[0]);
    return {};
  }
  if (request.url === "/bench/served") return changes.takeServed();
  return undefined;
}

const server = createServer(async (request, response) => {
  const isControl = request.url?.startsWith("/bench/") === true;
  if (!isControl) calls += 1;
  const result = isControl ? await control(request) : undefined;
  const bodyOf = isControl ? () => result : await answer(request);
  const send = () => {
    const body = bodyOf();
    const text = JSON.stringify(body ?? { error_code: "ModelArts.0105", error_msg: "No such path" });
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  };
  if (isControl) send();
  else setTimeout(send, LATENCY_MS);
});
server.keepAliveTimeout = 120_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
