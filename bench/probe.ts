import { request } from "node:http";
import { type ServerProcess, startServer } from "./process/server-process.js";
import { upstreamCommand } from "./servers.js";
import { oneVersion } from "./work/queries.js";

/** One request on a connection of its own; undefined while nobody listens. */
export function ask(
  port: number,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        port,
        path,
        host: "127.0.0.1",
        agent: false,
        method: body === undefined ? "GET" : "POST",
        headers: { "content-type": "application/json", "x-auth-token": "bench-token" },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
        response.on("error", () => resolve(undefined));
      },
    );
    outgoing.on("error", () => resolve(undefined));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Whether the server on that port answers a query. */
export async function firstAnswer(port: number): Promise<boolean> {
  return (await ask(port, "/graphql", oneVersion(10, 20)))?.status === 200;
}

/** The upstream of everybody. */
export interface Upstream {
  readonly url: string;
  readonly port: number;
  /** Calls that it has had so far. */
  calls(): Promise<number>;
  stop(): Promise<void>;
}

async function controlled(port: number, path: string, body?: unknown): Promise<unknown> {
  const answer = await ask(port, path, body);
  if (answer?.status !== 200) throw new Error(`the upstream refused ${path}`);
  return JSON.parse(answer.body);
}

export async function startUpstream(): Promise<
  Upstream & { control: (path: string, body?: unknown) => Promise<unknown> }
> {
  const answers = async (port: number) => (await ask(port, "/bench/calls"))?.status === 200;
  const server: ServerProcess = await startServer(upstreamCommand, answers);
  const control = (path: string, body?: unknown) => controlled(server.port, path, body);
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    control,
    async calls() {
      return ((await control("/bench/calls")) as { calls: number }).calls;
    },
    stop: () => server.stop(),
  };
}
