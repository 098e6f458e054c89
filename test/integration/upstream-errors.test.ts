import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors.js";
import {
  clientOf,
  failureOf,
  id,
  lookup,
  mutation,
  serviceCaller,
  vendorSample,
} from "../support/upstream-client.js";
import { json, type Script, startUpstreamServer, type UpstreamServer } from "../support/upstream-server.js";

let server: UpstreamServer;
beforeAll(async () => {
  server = await startUpstreamServer();
});
afterAll(() => server[Symbol.asyncDispose]());

// A backoff beyond any budget. Each call gets a client of its own, so that no circuit opens.
const noRetries = { random: () => 1_000_000 };

async function readFailure(script: Script) {
  server.script = script;
  await using client = clientOf(server.url, {}, noRetries);
  return await failureOf(client.getVersion(lookup(), id("10"), id("20")));
}
async function createFailure(script: Script) {
  server.script = script;
  await using client = clientOf(server.url);
  return await failureOf(client.createVersion(mutation(), vendorSample));
}

const failed = (error_code: string, extra: object = {}) => ({
  is_success: false,
  error_code,
  error_message: "Error string",
  ...extra,
});

describe("the upstream's error codes decide before the HTTP status", () => {
  const table: [string, ErrorCode][] = [
    ["ModelArts.0203", "UNAUTHENTICATED"],
    ["ModelArts.0204", "UNAUTHENTICATED"],
    ["ModelArts.0206", "UNAUTHENTICATED"],
    ["APIGW.0301", "UNAUTHENTICATED"],
    ["APIGW.0307", "UNAUTHENTICATED"],
    ["ModelArts.0108", "FORBIDDEN"],
    ["ModelArts.0112", "FORBIDDEN"],
    ["ModelArts.0210", "FORBIDDEN"],
    ["ModelArts.0015", "NOT_FOUND"],
    ["ModelArts.2775", "NOT_FOUND"],
    ["ModelArts.0103", "CONFLICT"],
    ["ModelArts.0116", "QUOTA_EXCEEDED"],
    ["ModelArts.0118", "QUOTA_EXCEEDED"],
    ["APIGW.0308", "RATE_LIMITED"],
    ["ModelArts.0010", "UPSTREAM_UNAVAILABLE"],
  ];
  for (const [errorCode, code] of table) {
    it(`maps ${errorCode} to ${code} at any status`, async () => {
      for (const status of [200, 400, 401, 403, 404, 409, 500]) {
        for (const failure of [readFailure, createFailure]) {
          const error = await failure(json(failed(errorCode), status));
          expect([status, error.code]).toEqual([status, code]);
          expect(error.details.upstream).toMatchObject({ status, errorCode });
        }
      }
    });
  }
});

describe("without a code that decides, the HTTP status does", () => {
  const table: [string, Script, ErrorCode][] = [
    ["401 without a body", json("", 401), "UNAUTHENTICATED"],
    ["401 with another code", json(failed("APIGW.0999"), 401), "UNAUTHENTICATED"],
    ["403 without a body", json("", 403), "FORBIDDEN"],
    ["403 with another code", json(failed("ModelArts.0999"), 403), "FORBIDDEN"],
    ["409 with a page", json("<html>", 409), "CONFLICT"],
    ["429 without a body", json("", 429), "RATE_LIMITED"],
    ["404 with another ModelArts code", json(failed("ModelArts.0999"), 404), "NOT_FOUND"],
    [
      "404 with an APIGW code",
      json({ error_code: "APIGW.0101", error_msg: "no API" }, 404),
      "UPSTREAM_REJECTED",
    ],
    ["404 with a page", json("<html>", 404), "UPSTREAM_INVALID_RESPONSE"],
    ["400 with a ModelArts code", json(failed("ModelArts.0105"), 400), "UPSTREAM_REJECTED"],
    ["400 with a code of another family", json({ error_code: "SVCSTG.1" }, 400), "UPSTREAM_INVALID_RESPONSE"],
    ["400 with is_success false alone", json({ is_success: false }, 400), "UPSTREAM_REJECTED"],
    ["413 of a proxy", json("too large", 413), "UPSTREAM_INVALID_RESPONSE"],
    ["302 of a proxy", json("", 302, { Location: "/login" }), "UPSTREAM_INVALID_RESPONSE"],
    ["500 with another code", json(failed("ModelArts.0999"), 500), "UPSTREAM_UNAVAILABLE"],
    ["500 with a page", json("<html>", 500), "UPSTREAM_UNAVAILABLE"],
    ["502 with a page", json("<html>", 502), "UPSTREAM_UNAVAILABLE"],
    ["503 of the API gateway", json({ error_code: "APIGW.0201" }, 503), "UPSTREAM_UNAVAILABLE"],
    ["504 without a body", json("", 504), "UPSTREAM_UNAVAILABLE"],
    ["200 with is_success false", json(failed("ModelArts.0105")), "UPSTREAM_REJECTED"],
    ["200 with is_success false as a text", json({ is_success: "false" }), "UPSTREAM_REJECTED"],
    [
      "200 with error_msg and no is_success",
      json({ error_code: "ModelArts.0105", error_msg: "x" }),
      "UPSTREAM_REJECTED",
    ],
    ["200 with a page", json("<html>"), "UPSTREAM_INVALID_RESPONSE"],
    ["200 with half of a body", json('{"is_success":true,'), "UPSTREAM_INVALID_RESPONSE"],
    ["200 with a list", json("[]"), "UPSTREAM_INVALID_RESPONSE"],
    ["200 without a body", json(""), "UPSTREAM_INVALID_RESPONSE"],
    ["200 without the entity", json({ is_success: true }), "UPSTREAM_INVALID_RESPONSE"],
  ];
  for (const [name, script, code] of table) {
    it(`${name} is ${code}`, async () => {
      expect((await readFailure(script)).code).toBe(code);
      expect((await createFailure(script)).code).toBe(code);
    });
  }
});

describe("what a mutation's failure says of its outcome", () => {
  it("is nothing when the upstream refused definitely", async () => {
    for (const script of [
      json(failed("ModelArts.0105"), 400),
      json(failed("ModelArts.0105")),
      json(failed("ModelArts.0103"), 400),
      json(failed("ModelArts.0116"), 400),
      json(failed("ModelArts.0015"), 404),
      json("", 401),
      json("", 403),
      json("", 409),
      json("", 429),
    ])
      expect((await createFailure(script)).details).not.toHaveProperty("outcome");
  });

  it("is unknown when the upstream failed, or did not say that it succeeded", async () => {
    for (const script of [
      json("", 500),
      json("", 502),
      json("", 503),
      json(failed("ModelArts.0010")),
      json("<html>"),
      json("<html>", 404),
      json({ is_success: true, job_id: 10 }),
      json({ job_id: 10, version_id: 20 }),
      json(""),
    ])
      expect((await createFailure(script)).details.outcome).toBe("unknown");
  });

  it("is nothing for a lookup, whatever happened", async () => {
    for (const script of [json("", 500), json("<html>"), json("<html>", 404), json(failed("ModelArts.0010"))])
      expect((await readFailure(script)).details).not.toHaveProperty("outcome");
  });
});

describe("what a caller is told", () => {
  it("has the upstream's status, code and message, from error_message as from error_msg", async () => {
    for (const field of ["error_message", "error_msg"]) {
      const error = await readFailure(
        json({ error_code: "ModelArts.0101", [field]: "Invalid argument" }, 400),
      );
      expect(error.details.upstream).toEqual({
        status: 400,
        errorCode: "ModelArts.0101",
        errorMessage: "Invalid argument",
      });
      expect(error.message).toContain("Invalid argument");
    }
  });

  it("has no upstream part when the answer was no ModelArts JSON", async () => {
    for (const script of [json("<html>", 502), json("", 403), json("<html>", 404)])
      expect((await readFailure(script)).details).not.toHaveProperty("upstream");
  });

  it("never has the message of a 401, nor one that echoes a signed request", async () => {
    const echo = "verify aksk signature fail, canonicalRequest:GET|/v1/|x-sdk-date:2026|Signature=abc";
    for (const script of [
      json({ error_code: "APIGW.0301", error_msg: echo }, 401),
      json({ error_code: "APIGW.0999", error_msg: "plain words" }, 401),
      json({ error_code: "APIGW.0301", error_msg: "plain words" }, 400),
      json({ error_code: "ModelArts.0105", error_message: echo }, 400),
    ]) {
      const error = await readFailure(script);
      expect(error.details.upstream).toBeDefined();
      expect(JSON.stringify([error.message, error.extensions])).not.toMatch(
        /canonical|Signature|plain words/,
      );
    }
  });

  it("has no stack trace, no internal address and no endless text", async () => {
    const stack = "NullPointerException\n\tat com.huawei.Foo.bar(Foo.java:12)\n\tat com.huawei.Baz";
    const messages = [
      stack,
      "connect to 10.1.2.3:8080 failed",
      "connect to train-db.modelarts.svc.cluster.local:5432 failed",
      "x".repeat(100_000),
      "a\u0000b",
    ];
    const told = [];
    for (const error_message of messages)
      told.push((await readFailure(json(failed("ModelArts.0105", { error_message }), 400))).details.upstream);
    expect(told.map((upstream) => upstream?.errorMessage?.slice(0, 510))).toEqual([
      "NullPointerException",
      "connect to [internal address] failed",
      "connect to [internal address] failed",
      `${"x".repeat(500)}…`,
      "a b",
    ]);
  });

  it("never names the upstream's address", async () => {
    await using gone = await startUpstreamServer();
    const { url, port } = gone;
    await gone[Symbol.asyncDispose]();
    await using client = clientOf(url, {}, noRetries);
    const error = await failureOf(client.getVersion(lookup(), id("10"), id("20")));
    expect(error.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(JSON.stringify([error.message, error.extensions])).not.toMatch(
      new RegExp(`127\\.0\\.0\\.1|${port}`),
    );
  });
});

describe("in service mode", () => {
  const identity = { kind: "token", token: { value: "token-of-the-gateway" } } as const;

  it("a refused identity is no fault of the caller", async () => {
    for (const script of [
      json("", 401),
      json(failed("ModelArts.0203"), 403),
      json(failed("ModelArts.0204"), 400),
      json(failed("ModelArts.0206"), 403),
      json(failed("APIGW.0301"), 401),
      json(failed("APIGW.0307"), 401),
    ]) {
      server.script = script;
      await using client = clientOf(server.url, { identity });
      const before = server.seen.length;
      const read = await failureOf(client.getVersion(lookup(serviceCaller), id("10"), id("20")));
      expect(read).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
      expect(read.details).not.toHaveProperty("outcome");
      const write = await failureOf(client.createVersion(mutation(serviceCaller), vendorSample));
      expect(write).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", details: { outcome: "not-sent" } });
      expect(server.seen.length - before).toBe(2);
    }
  });

  it("what the identity may not do stays FORBIDDEN", async () => {
    server.script = json(failed("ModelArts.0108"), 403);
    await using client = clientOf(server.url, { identity });
    const error = await failureOf(client.getVersion(lookup(serviceCaller), id("10"), id("20")));
    expect(error.code).toBe("FORBIDDEN");
  });
});
