import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewVersion } from "../../src/domain/index.js";
import { FakeClock } from "../support/fake-clock.js";
import { until } from "../support/until.js";
import { clientOf, failureOf, id, mutation, retryCounter, vendorSample } from "../support/upstream-client.js";
import {
  cut,
  hang,
  json,
  type Script,
  startUpstreamServer,
  type UpstreamServer,
} from "../support/upstream-server.js";

const created = json({ is_success: true, job_id: 10, version_id: 30, status: 1 });

let server: UpstreamServer;
beforeEach(async () => {
  server = await startUpstreamServer(created);
});
afterEach(() => server[Symbol.asyncDispose]());

/** The body that a version with that configuration is created with. */
async function bodyOf(config: Partial<NewVersion["config"]>, jobDesc?: string): Promise<string> {
  await using client = clientOf(server.url);
  await client.createVersion(mutation(), {
    jobId: id("10"),
    ...(jobDesc !== undefined && { jobDesc }),
    config: { workerServerNum: 1, trainUrl: "/usr/train/", preVersionId: id("20"), ...config },
  });
  return server.seen.at(-1)?.body ?? "";
}

describe("creating a version", () => {
  it("sends the vendor's sample exactly as documented", async () => {
    await using client = clientOf(server.url);
    await client.createVersion(mutation(), vendorSample);
    const [request] = server.seen;
    expect(request).toMatchObject({
      method: "POST",
      url: "/v1/project-1/training-jobs/10/versions",
      headers: {
        "content-type": "application/json",
        "x-auth-token": "token-of-a-caller",
        "x-request-id": "request-1",
      },
    });
    expect(request?.body).toBe(
      '{"job_desc":"This is a ModelArts job","config":{"worker_server_num":1,"app_url":"/usr/app/",' +
        '"boot_file_url":"/usr/app/boot.py","parameter":[{"label":"learning_rate","value":"0.01"},' +
        '{"label":"batch_size","value":"32"}],"dataset_id":"38277e62-9e59-48f4-8d89-c8cf41622c24",' +
        '"dataset_version_id":"2ff0d6ba-c480-45ae-be41-09a8369bfc90","spec_id":1,"engine_id":1,' +
        '"train_url":"/usr/train/","log_url":"/usr/log/","pre_version_id":20}}',
    );
  });

  it("sends only what was given, and an empty description when there is none", async () => {
    expect(await bodyOf({ modelId: id("7"), dataUrl: "/data/" })).toBe(
      '{"job_desc":"","config":{"worker_server_num":1,"data_url":"/data/","model_id":7,"train_url":"/usr/train/","pre_version_id":20}}',
    );
  });

  it("sends every field under its upstream name", async () => {
    const body = await bodyOf({
      dataSource: [
        { type: "OBS", dataUrl: "/a/" },
        { type: "DATASET", datasetId: "d", datasetVersion: "v" },
      ],
      parameter: [{ label: "a" }, { value: "" }, {}],
      poolId: "pool",
      userImageUrl: "image:1",
      userCommand: "run",
    });
    expect(body).toBe(
      '{"job_desc":"","config":{"worker_server_num":1,"parameter":[{"label":"a"},{"value":""},{}],' +
        '"data_source":[{"type":"obs","data_url":"/a/"},{"type":"dataset","dataset_id":"d","dataset_version":"v"}],' +
        '"pool_id":"pool","train_url":"/usr/train/","pre_version_id":20,"user_image_url":"image:1","user_command":"run"}}',
    );
  });

  it("adds the default engine when neither engine, model nor image is given", async () => {
    expect(await bodyOf({})).toContain('"engine_id":1,');
    expect(await bodyOf({ engineId: id("5") })).toContain('"engine_id":5,');
    expect(await bodyOf({ modelId: id("5") })).not.toContain("engine_id");
    expect(await bodyOf({ userImageUrl: "image:1" })).not.toContain("engine_id");
  });

  it("keeps every digit of 64-bit ids, there and back", async () => {
    const greatest = id("9223372036854775807");
    server.script = json(`{"is_success":true,"job_id":${greatest},"version_id":${greatest}}`);
    await using client = clientOf(server.url);
    const answer = await client.createVersion(mutation(), {
      jobId: greatest,
      config: { ...vendorSample.config, specId: greatest, engineId: greatest, preVersionId: greatest },
    });
    expect(answer).toMatchObject({ jobId: greatest, versionId: greatest });
    const [request] = server.seen;
    expect(request?.path).toBe(`/v1/project-1/training-jobs/${greatest}/versions`);
    for (const field of ["spec_id", "engine_id", "pre_version_id"])
      expect(request?.body).toContain(`"${field}":${greatest}`);
  });

  it("needs is_success and version_id alone", async () => {
    server.script = json({ is_success: "true", version_id: "30" });
    await using client = clientOf(server.url);
    expect(await client.createVersion(mutation(), vendorSample)).toEqual({
      jobId: "10",
      versionId: "30",
      jobName: null,
      versionName: null,
      status: "UNKNOWN",
      statusCode: 0,
      createTime: null,
    });
  });
});

describe("a mutation is sent once", () => {
  const once: [string, Script][] = [
    ["a server error", json("", 500)],
    ["an unavailable service", json("", 503, { "Retry-After": "0" })],
    ["throttling", json("", 429, { "Retry-After": "0" })],
    ["a cut connection", cut],
    ["garbage", json("garbage")],
  ];
  for (const [name, script] of once) {
    it(`whatever answers: ${name}`, async () => {
      server.script = script;
      await using client = clientOf(server.url);
      await failureOf(client.createVersion(mutation(), vendorSample));
      await failureOf(client.stopVersion(mutation(), id("10"), id("20")));
      expect(server.seen).toHaveLength(2);
    });
  }

  it("a connection that breaks leaves the outcome unknown", async () => {
    server.script = cut;
    await using client = clientOf(server.url);
    expect(await failureOf(client.createVersion(mutation(), vendorSample))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "unknown" },
    });
  });

  it("a connection that breaks in the middle of the answer leaves the outcome unknown", async () => {
    server.script = (_, response, socket) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write('{"is_success":true,"version_id":30,', () => socket.destroy());
    };
    await using client = clientOf(server.url);
    expect(await failureOf(client.createVersion(mutation(), vendorSample))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "unknown" },
    });
    expect(server.seen).toHaveLength(1);
  });

  it("an upstream that does not answer in time leaves the outcome unknown", async () => {
    server.script = hang;
    const clock = new FakeClock();
    await using client = clientOf(server.url, { timeoutMs: 1_000, budgetMs: 15_000 }, { clock });
    const failure = failureOf(client.createVersion(mutation(), vendorSample));
    await until("the request has arrived", () => server.seen.length === 1);
    await clock.advance(1_000);
    expect(await failure).toMatchObject({ code: "UPSTREAM_TIMEOUT", details: { outcome: "unknown" } });
    expect(server.seen).toHaveLength(1);
  });

  it("is sent again when nothing of it was sent: the connection was refused", async () => {
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const clock = new FakeClock();
    const events = retryCounter();
    await using client = clientOf(`http://127.0.0.1:${port}`, {}, { clock, random: () => 0.5, events });
    const creation = client.createVersion(mutation(), vendorSample);
    await until("the first attempt was refused", () => events.retries === 1);
    const posts: string[] = [];
    const reborn = createServer((socket) => {
      socket.on("data", (data) => {
        posts.push(data.toString());
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n{"is_success":true,"version_id":9}');
      });
    });
    await new Promise<void>((resolve) => reborn.listen(port, "127.0.0.1", resolve));
    await clock.advance(100);
    expect(await creation).toMatchObject({ versionId: "9" });
    expect(posts).toHaveLength(1);
    await new Promise((resolve) => reborn.close(resolve));
  });

  it("was not sent, says the failure, when no connection came about in time", async () => {
    const received: Buffer[] = [];
    // Takes connections and never answers the TLS handshake.
    const silent = createServer((socket) =>
      socket.on("error", () => {}).on("data", (data) => received.push(data)),
    );
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const clock = new FakeClock();
    const client = clientOf(`https://127.0.0.1:${port}`, { timeoutMs: 60_000, budgetMs: 60_000 }, { clock });
    const failure = failureOf(client.createVersion(mutation(), vendorSample));
    await until("the handshake has begun", () => received.length === 1);
    await clock.advance(60_000);
    expect(await failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", details: { outcome: "not-sent" } });
    expect(Buffer.concat(received).toString("latin1")).not.toContain("POST");
    await Promise.all([client.close(), new Promise((resolve) => silent.close(resolve))]);
  });

  it("was not sent, says the failure, when the upstream refused every connection", async () => {
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await using client = clientOf(url, { budgetMs: 50 }, { random: () => 0.1 });
    for (const failure of [
      await failureOf(client.createVersion(mutation(), vendorSample)),
      await failureOf(client.stopVersion(mutation(), id("10"), id("20"))),
    ])
      expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", details: { outcome: "not-sent" } });
  });

  it("runs to its answer once begun, though its caller has gone", async () => {
    const gone = new AbortController();
    server.script = async (request, response, socket) => {
      gone.abort(new Error("The client has gone"));
      await created(request, response, socket);
    };
    await using client = clientOf(server.url);
    const creation = client.createVersion(mutation(undefined, gone.signal), vendorSample);
    expect(await creation).toMatchObject({ versionId: "30" });
  });

  it("is not begun for a caller who has gone already", async () => {
    await using client = clientOf(server.url);
    const reason = new Error("The client has gone");
    const creation = client.createVersion(mutation(undefined, AbortSignal.abort(reason)), vendorSample);
    await expect(creation).rejects.toBe(reason);
    expect(server.seen).toHaveLength(0);
  });
});

describe("stopping a version", () => {
  it("posts an empty body to the version's stop path", async () => {
    server.script = json({ is_success: true });
    await using client = clientOf(server.url);
    expect(await client.stopVersion(mutation(), id("10"), id("20"))).toBeUndefined();
    expect(server.seen).toMatchObject([
      {
        method: "POST",
        url: "/v1/project-1/training-jobs/10/versions/20/stop",
        body: "",
        headers: { "content-length": "0", "content-type": "application/json" },
      },
    ]);
  });

  it("has an unknown outcome when the answer does not say that it succeeded", async () => {
    for (const script of [json({}), json(""), json("", 204), json("OK")]) {
      server.script = script;
      await using client = clientOf(server.url);
      expect(await failureOf(client.stopVersion(mutation(), id("10"), id("20")))).toMatchObject({
        code: "UPSTREAM_INVALID_RESPONSE",
        details: { outcome: "unknown" },
      });
    }
  });

  it("says so when there is no such version", async () => {
    server.script = json({ is_success: false, error_code: "ModelArts.0015" }, 404);
    await using client = clientOf(server.url);
    expect((await failureOf(client.stopVersion(mutation(), id("10"), id("20")))).code).toBe("NOT_FOUND");
  });
});
