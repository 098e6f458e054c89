/**
 * A plain fast upstream: answers every call after 5 ms by timer, counts the calls, and lets statuses change at a
 * given pace. It checks nothing but the body of a creation: the simulator does that.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { jsonTemplate } from "./json-template.js";
import { createStatusChanges } from "./status-changes.js";
import {
  completed,
  createdVersion,
  engines,
  firstJobOf,
  jobList,
  resourceSpecs,
  VERSIONS_PER_JOB,
  versionDetails,
  versionList,
} from "./wire.js";

const LATENCY_MS = 5;
const NO_SUCH_PATH = JSON.stringify({ error_code: "ModelArts.0105", error_msg: "No such path" });

/** By page size. */
const jobListTexts = new Map<number, (firstJobId: number) => string>();
const completedVersions = jsonTemplate((jobId) => versionList(jobId, completed));

const changes = createStatusChanges();
let calls = 0;
let lastVersionId = VERSIONS_PER_JOB;

function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())));
  });
}

function jobListText(query: URLSearchParams): string {
  const perPage = Number(query.get("per_page") ?? 10);
  const page = Number(query.get("page") ?? 1);
  const textOf = jobListTexts.get(perPage) ?? jsonTemplate((firstJobId) => jobList(firstJobId, perPage));
  jobListTexts.set(perPage, textOf);
  return textOf(firstJobOf(page, perPage, Number(query.get("search_content") || 0)));
}

function versionListText(jobId: number): string {
  if (!changes.haveBegun()) return completedVersions(jobId);
  changes.served(jobId);
  return JSON.stringify(versionList(jobId, changes.statusOf));
}

/** The JSON that a call gets, as things stand when it is sent. */
async function answer(request: IncomingMessage): Promise<() => string | undefined> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://upstream");
  const [, , , resource, job, versions, version] = pathname.split("/");
  const jobId = Number(job);
  if (resource === "training-jobs" && job === undefined) return () => jobListText(searchParams);
  if (resource === "job") return () => JSON.stringify(job === "ai-engines" ? engines() : resourceSpecs());
  if (versions !== "versions") return () => undefined;
  if (request.method === "POST") {
    const body = await readJson(request);
    lastVersionId += 1;
    const versionId = lastVersionId;
    return () => JSON.stringify(createdVersion(jobId, versionId, body));
  }
  if (version !== undefined) {
    return () => JSON.stringify(versionDetails(jobId, Number(version), changes.statusOf));
  }
  return () => versionListText(jobId);
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

function send(response: ServerResponse, found: string | undefined): void {
  const text = found ?? NO_SUCH_PATH;
  response.writeHead(found === undefined ? 404 : 200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

const server = createServer(async (request, response) => {
  if (request.url?.startsWith("/bench/") === true) {
    send(response, JSON.stringify(await control(request)));
    return;
  }
  calls += 1;
  const textOf = await answer(request);
  setTimeout(() => send(response, textOf()), LATENCY_MS);
});
server.keepAliveTimeout = 120_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
