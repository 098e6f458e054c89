import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceIdentity } from "../../src/config/index.js";
import { signatureHeaders } from "../../src/upstream/auth/signing.js";
import { FakeClock } from "../support/fake-clock.js";
import { until } from "../support/until.js";
import {
  clientOf,
  failureOf,
  id,
  lookup,
  mutation,
  retryCounter,
  serviceCaller,
  tokenCaller,
  vendorSample,
} from "../support/upstream-client.js";
import {
  inTurn,
  json,
  type SeenRequest,
  startUpstreamServer,
  type UpstreamServer,
} from "../support/upstream-server.js";

const version = json({ is_success: true, job_id: 10, version_id: 20 });
const huaweicloud = {
  kind: "ak-sk",
  dialect: "huaweicloud",
  ak: { value: "an-ak" },
  sk: { value: "an-sk" },
} as const;
const otc = { ...huaweicloud, dialect: "otc", region: "eu-de" } as const;

let server: UpstreamServer;
beforeEach(async () => {
  server = await startUpstreamServer(version);
});
afterEach(() => server[Symbol.asyncDispose]());

const dateHeader = (time: number) => ({ Date: new Date(time).toUTCString() });

/** When `X-Sdk-Date` says that the request was signed. */
function signedAt({ headers }: SeenRequest): number {
  const date = String(headers["x-sdk-date"]);
  return Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** The signature that those bytes must carry. */
function expectedSignature(request: SeenRequest, identity: ServiceIdentity & { kind: "ak-sk" }): string {
  const { method, path, query, headers, body } = request;
  const signed = { Host: String(headers.host), "X-Project-Id": "project-1" };
  return signatureHeaders(
    { ...identity, ak: identity.ak.value, sk: identity.sk.value },
    { method, path, query: [...query], headers: signed, body },
    signedAt(request),
  ).Authorization;
}

describe("a caller's own token", () => {
  it("is sent as X-Auth-Token, beside the request's id and nothing that signs", async () => {
    await using client = clientOf(server.url);
    await client.getVersion(lookup(), id("10"), id("20"));
    const headers = server.seen[0]?.headers ?? {};
    expect(headers).toMatchObject({ "x-auth-token": "token-of-a-caller", "x-request-id": "request-1" });
    expect(Object.keys(headers)).not.toContain("authorization");
    expect(Object.keys(headers)).not.toContain("x-sdk-date");
  });

  it("goes nowhere when no header can carry it", async () => {
    await using client = clientOf(server.url);
    for (const token of ["", "two\r\nlines", "tab\t", "ümlaut", "with space"]) {
      const caller = { ...tokenCaller, credential: { kind: "token", token } as const };
      expect((await failureOf(client.getVersion(lookup(caller), id("10"), id("20")))).code).toBe(
        "UNAUTHENTICATED",
      );
    }
    expect(server.seen).toHaveLength(0);
  });
});

describe("the gateway's own identity", () => {
  it("can be a token", async () => {
    await using client = clientOf(server.url, { identity: { kind: "token", token: { value: "own-token" } } });
    await client.getVersion(lookup(serviceCaller), id("10"), id("20"));
    expect(server.seen[0]?.headers).toMatchObject({ "x-auth-token": "own-token" });
  });

  for (const identity of [huaweicloud, otc]) {
    describe(`with AK/SK in the dialect ${identity.dialect}`, () => {
      it("signs the exact bytes of a body", async () => {
        await using client = clientOf(server.url, { identity });
        await client.createVersion(mutation(serviceCaller), vendorSample);
        const [request] = server.seen as [SeenRequest];
        expect(request.headers).toMatchObject({ "x-project-id": "project-1" });
        expect(Object.keys(request.headers)).not.toContain("x-auth-token");
        expect(request.headers.authorization).toBe(expectedSignature(request, identity));
      });

      it("signs an empty body as empty", async () => {
        await using client = clientOf(server.url, { identity });
        await client.stopVersion(mutation(serviceCaller), id("10"), id("20"));
        const [request] = server.seen as [SeenRequest];
        expect(request.body).toBe("");
        expect(request.headers.authorization).toBe(expectedSignature(request, identity));
      });

      it("signs the query as it is sent", async () => {
        server.script = json({ is_success: true, jobs: [] });
        await using client = clientOf(server.url, { identity });
        await client.listJobs(lookup(serviceCaller), {
          sortBy: "CREATE_TIME",
          order: "DESC",
          page: 2,
          perPage: 5,
          searchContent: "a b'(c)*!~ü",
        });
        const [request] = server.seen as [SeenRequest];
        expect(request.query.get("search_content")).toBe("a b'(c)*!~ü");
        expect(request.headers.authorization).toBe(expectedSignature(request, identity));
      });

      it("signs each attempt anew", async () => {
        server.script = inTurn(json("", 503, { "Retry-After": "7" }), version);
        const clock = new FakeClock();
        const events = retryCounter();
        await using client = clientOf(server.url, { identity }, { clock, events });
        const answer = client.getVersion(lookup(serviceCaller), id("10"), id("20"));
        await until("it waits for its second attempt", () => events.retries === 1);
        await clock.advance(7_000);
        await answer;
        const [first, second] = server.seen as [SeenRequest, SeenRequest];
        expect(signedAt(second) - signedAt(first)).toBe(7_000);
        expect(second.headers.authorization).toBe(expectedSignature(second, identity));
      });

      it("is signed once more by the upstream's clock when its own was wrong", async () => {
        const clock = new FakeClock();
        const upstreamTime = clock.now() + 20 * 60_000;
        const refusal = json(
          { error_code: "APIGW.0301", error_msg: "signature expired" },
          401,
          dateHeader(upstreamTime),
        );
        server.script = (request, response, socket) =>
          (signedAt(request) === upstreamTime ? version : refusal)(request, response, socket);
        await using client = clientOf(server.url, { identity }, { clock });
        await client.getVersion(lookup(serviceCaller), id("10"), id("20"));
        expect(server.seen).toHaveLength(2);
        await client.createVersion(mutation(serviceCaller), vendorSample);
        expect(server.seen).toHaveLength(3);
      });

      it("is signed once more by the upstream's clock for each of many calls at the same time", async () => {
        const clock = new FakeClock();
        const upstreamTime = clock.now() + 20 * 60_000;
        const refusal = json({ error_code: "APIGW.0301" }, 401, dateHeader(upstreamTime));
        server.script = (request, response, socket) =>
          (signedAt(request) === upstreamTime ? version : refusal)(request, response, socket);
        await using client = clientOf(server.url, { identity }, { clock });
        await Promise.all(
          [1, 2, 3, 4].map(() => client.getVersion(lookup(serviceCaller), id("10"), id("20"))),
        );
      });

      it("is refused after one renewal at most, which an operator is told of", async () => {
        const clock = new FakeClock();
        const lines: string[] = [];
        const log = pino({ level: "debug" }, { write: (line) => lines.push(line) });
        let minutes = 0;
        server.script = (request, response, socket) => {
          minutes += 20;
          const date = dateHeader(clock.now() + minutes * 60_000);
          return json({ error_code: "APIGW.0301" }, 401, date)(request, response, socket);
        };
        await using client = clientOf(server.url, { identity }, { clock, log });
        const failure = await failureOf(client.createVersion(mutation(serviceCaller), vendorSample));
        expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", details: { outcome: "not-sent" } });
        expect(server.seen).toHaveLength(2);
        const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(told.map(({ event, level }) => [event, level])).toEqual([
          ["service_identity_renewed", 40],
          ["service_identity_refused", 50],
        ]);
        expect(lines.join("")).not.toMatch(/an-sk|Signature|SDK-HMAC/);
      });
    });
  }
});
