import { createRequire } from "node:module";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalRequest, percentEncode, sha256Hex } from "../../../src/upstream/auth/canonical-request.js";
import { basicDateTime, type SigningIdentity, signatureHeaders } from "../../../src/upstream/auth/signing.js";

interface VendorRequest {
  method: string;
  endpoint: string;
  headers: Record<string, string>;
  queryParams: Record<string, string>;
  data?: unknown;
}
interface VendorSigner {
  sign(request: VendorRequest, credential: { getAk(): string; getSk(): string }): Record<string, string>;
}
const require = createRequire(import.meta.url);
const { AKSKSigner } = require("@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js") as {
  AKSKSigner: VendorSigner;
};

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("AK/SK signing, dialect huaweicloud", () => {
  const identity: SigningIdentity = {
    dialect: "huaweicloud",
    ak: "AccessKey",
    sk: "SecretKey",
  };

  it("gives the vendor's published signature", () => {
    const headers = signatureHeaders(
      identity,
      {
        method: "GET",
        path: "/resources",
        query: [["size", "1"]],
        headers: { Host: "service.endpoint.myhuaweicloud.com" },
        body: "",
      },
      Date.UTC(2020, 5, 8, 2, 39, 0),
    );
    expect(headers).toEqual({
      "X-Sdk-Date": "20200608T023900Z",
      Authorization:
        "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature=cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842",
    });
  });

  it("agrees with the vendor's own signer, whatever is signed", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_.~-]{1,12}$/);
    const request = fc.record({
      method: fc.constantFrom("GET", "POST"),
      segments: fc.array(word, { minLength: 1, maxLength: 5 }),
      query: fc.dictionary(word, fc.string({ unit: "grapheme", maxLength: 20 }), {
        maxKeys: 5,
        noNullPrototype: true,
      }),
      project: word,
      data: fc.option(fc.dictionary(word, fc.string(), { minKeys: 1, noNullPrototype: true }), {
        nil: undefined,
      }),
      at: fc.date({ min: new Date("2001-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
    });
    fc.assert(
      fc.property(request, ({ method, segments, query, project, data, at }) => {
        const host = "modelarts.example.com";
        const path = `/${segments.join("/")}`;
        const ours = signatureHeaders(
          identity,
          {
            method,
            path,
            query: Object.entries(query),
            headers: { Host: host, "X-Project-Id": project },
            body: data === undefined ? "" : JSON.stringify(data),
          },
          at.getTime(),
        );
        const theirs = AKSKSigner.sign(
          {
            method,
            endpoint: `https://${host}${path}`,
            headers: { "X-Project-Id": project, "X-Sdk-Date": basicDateTime(at.getTime()) },
            queryParams: query,
            ...(data !== undefined && { data }),
          },
          { getAk: () => identity.ak, getSk: () => identity.sk },
        );
        expect(ours.Authorization).toBe(theirs.Authorization);
      }),
      { numRuns: 300 },
    );
  });
});

describe("AK/SK signing, dialect otc", () => {
  const identity: SigningIdentity = { dialect: "otc", ak: "ak", sk: "sk", region: "region" };
  const request = {
    method: "GET",
    path: "/",
    query: [],
    headers: { Host: "example.com", "X-Project-Id": "project" },
    body: "",
  };

  it("gives the published signature", () => {
    expect(signatureHeaders(identity, request, 1_000, "service")).toEqual({
      "X-Sdk-Date": "19700101T000001Z",
      Authorization:
        "SDK-HMAC-SHA256 Credential=ak/19700101/region/service/sdk_request, SignedHeaders=host;x-project-id;x-sdk-date, Signature=8bdb0e44341d71482390afe6536fa5f3ecfa6da7956ee95d1f8a60b7ab871240",
    });
  });

  it("signs for the service modelarts", () => {
    expect(signatureHeaders(identity, request, 1_000).Authorization).toContain(
      "Credential=ak/19700101/region/modelarts/sdk_request,",
    );
  });
});

describe("the canonical request", () => {
  it("encodes as RFC 3986 says", () => {
    expect(percentEncode("a b!'()*~ü/?&=+")).toBe("a%20b%21%27%28%29%2A~%C3%BC%2F%3F%26%3D%2B");
  });

  it("sorts query names, then values, and headers by their name in lower case", () => {
    const { text, signedHeaders } = canonicalRequest({
      method: "GET",
      path: "/v1/p/jobs/",
      query: [
        ["b", "2"],
        ["a", "z"],
        ["a", "y"],
        ["B", "1"],
      ],
      headers: { "X-Sdk-Date": " now ", Host: "example.com" },
      body: "",
    });
    expect(text.split("\n")).toEqual([
      "GET",
      "/v1/p/jobs/",
      "B=1&a=y&a=z&b=2",
      "host:example.com",
      "x-sdk-date:now",
      "",
      "host;x-sdk-date",
      EMPTY_SHA256,
    ]);
    expect(signedHeaders).toBe("host;x-sdk-date");
  });

  it("encodes a path once, ends it in a slash, and takes an empty body for empty", () => {
    const { text } = canonicalRequest({ method: "POST", path: "/a%20b/c", query: [], headers: {}, body: "" });
    expect(text.split("\n")[1]).toBe("/a%20b/c/");
    expect(text.endsWith(EMPTY_SHA256)).toBe(true);
    expect(sha256Hex("{}")).not.toBe(EMPTY_SHA256);
  });

  it("writes dates in the basic format, in UTC", () => {
    expect(basicDateTime(Date.UTC(2026, 10, 5, 6, 7, 8, 999))).toBe("20261105T060708Z");
  });
});
