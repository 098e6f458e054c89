import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PagesOptions, registerPages } from "../../../../src/http/pages/index.js";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const SCRIPT = "export const answer = 42;\n".repeat(50);

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gateway-explorer-"));
  await mkdir(join(directory, "built/assets"), { recursive: true });
  await writeFile(join(directory, "secret.txt"), "not for the world");
  await writeFile(join(directory, "built/index.html"), "<!doctype html><title>GraphiQL</title>");
  await writeFile(join(directory, "built/licenses.md"), "# Licenses");
  await writeFile(join(directory, "built/assets/index-1a2b.js"), SCRIPT);
  await writeFile(join(directory, "built/assets/index-1a2b.js.gz"), gzipSync(SCRIPT));
  await writeFile(join(directory, "built/assets/plain-3c4d.css"), "body {}");
});

afterAll(() => rm(directory, { recursive: true }));

/** A server whose GraphQL endpoint only says that it was reached. */
async function serve(options: Partial<PagesOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify();
  app.route({
    url: "/graphql",
    method: ["GET", "POST"],
    handler: async () => "answered by GraphQL",
  });
  await registerPages(app, {
    enabled: true,
    endpointPath: "/graphql",
    explorerDirectory: join(directory, "built"),
    ...options,
  });
  return app;
}

function policyOf(header: unknown): Map<string, string[]> {
  const directives = String(header).split("; ");
  return new Map(
    directives.map((directive) => directive.split(" ")).map(([name = "", ...rest]) => [name, rest]),
  );
}

describe("GET /graphql as a browser", () => {
  test("answers with Apollo Sandbox set up for this endpoint and its WebSocket", async () => {
    const app = await serve();
    const response = await app.inject({ url: "/graphql", headers: { accept: BROWSER } });
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(response.body).toContain("embeddable-sandbox.umd.production.min.js");
    expect(response.body).toContain('new URL("/graphql", window.location.href)');
    expect(response.body).toContain("initialSubscriptionEndpoint: webSocketEndpoint.href");
    expect(response.body).toContain('"endpointIsEditable":false');
  });

  test("depends on what is accepted", async () => {
    const app = await serve();
    const { headers } = await app.inject({ url: "/graphql", headers: { accept: BROWSER } });
    expect(headers.vary).toBe("accept");
  });

  test("allows Apollo's two hosts, the page's own script and style, and the gateway; nothing inline besides", async () => {
    const app = await serve();
    const { headers } = await app.inject({ url: "/graphql", headers: { accept: BROWSER } });
    const policy = policyOf(headers["content-security-policy"]);
    const hash = expect.stringMatching(/^'sha256-[A-Za-z0-9+/]{43}='$/);
    expect(Object.fromEntries(policy)).toEqual({
      "default-src": ["'none'"],
      "script-src": [hash, "https://embeddable-sandbox.cdn.apollographql.com"],
      "style-src": [hash],
      "img-src": ["data:"],
      "frame-src": ["https://sandbox.embed.apollographql.com"],
      "connect-src": ["'self'"],
      "base-uri": ["'none'"],
      "form-action": ["'none'"],
      "frame-ancestors": ["'none'"],
    });
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-frame-options"]).toBe("DENY");
  });

  test("leaves a query in the address to GraphQL", async () => {
    const app = await serve();
    const url = `/graphql?query=${encodeURIComponent("{ __typename }")}`;
    expect((await app.inject({ url, headers: { accept: BROWSER } })).body).toBe("answered by GraphQL");
  });

  test.each([
    ["asks for JSON", "GET", "application/json"],
    ["asks for JSON or else HTML", "GET", "application/graphql-response+json, text/html;q=0.5"],
    ["takes anything", "GET", "*/*"],
    ["posts", "POST", BROWSER],
  ] as const)("leaves a client that %s to GraphQL", async (_what, method, accept) => {
    const app = await serve();
    const response = await app.inject({ method, url: "/graphql", headers: { accept } });
    expect(response.body).toBe("answered by GraphQL");
  });
});

describe("GET /explorer", () => {
  test("serves the built page, to be asked for again each time", async () => {
    const app = await serve();
    const response = await app.inject("/explorer");
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(response.headers["cache-control"]).toBe("no-cache");
    expect(response.body).toContain("<title>GraphiQL</title>");
    expect((await app.inject("/explorer/")).body).toBe(response.body);
  });

  test("says 304 to a browser that has the page already", async () => {
    const app = await serve();
    const etag = String((await app.inject("/explorer")).headers.etag);
    const again = await app.inject({ url: "/explorer", headers: { "if-none-match": etag } });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe("");
  });

  test("allows no source but the gateway itself", async () => {
    const app = await serve();
    for (const url of ["/explorer", "/explorer/assets/index-1a2b.js"]) {
      const { headers } = await app.inject(url);
      const policy = policyOf(headers["content-security-policy"]);
      const allowed = ["'self'", "'none'", "data:", "'unsafe-inline'"];
      expect([...policy.values()].flat().filter((source) => !allowed.includes(source))).toEqual([]);
      expect(policy.get("script-src")).toEqual(["'self'"]);
      expect(policy.get("connect-src")).toEqual(["'self'"]);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  test("lets browsers keep for ever what is named after its content, and only that", async () => {
    const app = await serve();
    const cacheControl = async (url: string) => (await app.inject(url)).headers["cache-control"];
    expect(await cacheControl("/explorer/assets/index-1a2b.js")).toBe("public, max-age=31536000, immutable");
    expect(await cacheControl("/explorer/licenses.md")).toBe("no-cache");
  });

  test("names the type of each file", async () => {
    const app = await serve();
    const type = async (url: string) => (await app.inject(url)).headers["content-type"];
    expect(await type("/explorer/assets/index-1a2b.js")).toBe("text/javascript; charset=utf-8");
    expect(await type("/explorer/assets/plain-3c4d.css")).toBe("text/css; charset=utf-8");
  });

  test("sends the compressed form to those who take it", async () => {
    const app = await serve();
    const get = (encoding: string) =>
      app.inject({ url: "/explorer/assets/index-1a2b.js", headers: { "accept-encoding": encoding } });
    const compressed = await get("gzip, deflate, br");
    expect(compressed.headers["content-encoding"]).toBe("gzip");
    expect(compressed.headers.vary).toBe("accept-encoding");
    expect(Number(compressed.headers["content-length"])).toBe(compressed.rawPayload.length);
    expect(gunzipSync(compressed.rawPayload).toString()).toBe(SCRIPT);
    for (const encoding of ["identity", "gzip;q=0, identity", "br"]) {
      const plain = await get(encoding);
      expect(plain.headers["content-encoding"]).toBeUndefined();
      expect(plain.body).toBe(SCRIPT);
    }
  });

  test.each([
    "/explorer/assets/missing.js",
    "/explorer/assets",
    "/explorer/../secret.txt",
    "/explorer/%2e%2e/secret.txt",
    "/explorer/..%2fsecret.txt",
    "/explorer/assets/index-1a2b.js.gz",
  ])("is 404 for %s", async (url) => {
    const app = await serve();
    const response = await app.inject(url);
    expect(response.statusCode).toBe(404);
    expect(response.body).not.toContain("not for the world");
  });

  test("says how to build the explorer where that has not been done", async () => {
    const app = await serve({ explorerDirectory: join(directory, "nowhere") });
    const response = await app.inject("/explorer");
    expect(response.statusCode).toBe(503);
    expect(response.body).toContain("npm run build");
  });
});

describe("turned off", () => {
  test.each(["/graphql", "/explorer"])("GET %s as a browser is 404 and says why", async (url) => {
    const app = await serve({ enabled: false });
    const response = await app.inject({ url, headers: { accept: BROWSER } });
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({
      statusCode: 404,
      error: "Not Found",
      message: "The explorers are turned off on this gateway.",
    });
  });

  test("none of the explorer's files is served", async () => {
    const app = await serve({ enabled: false });
    expect((await app.inject("/explorer/assets/index-1a2b.js")).statusCode).toBe(404);
  });

  test("GraphQL itself goes on", async () => {
    const app = await serve({ enabled: false });
    const response = await app.inject({ url: "/graphql", headers: { accept: "application/json" } });
    expect(response.body).toBe("answered by GraphQL");
  });
});
