import { createHash, createHmac } from "node:crypto";
import { AKSKSigner } from "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js";
import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js";
import { describe, expect, it } from "vitest";
import { type SignatureContext, verifySignature } from "../../simulator/auth/signature.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";

const NO_BODY = Buffer.alloc(0);
const HUAWEI_SIGNATURE = "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842";
const OTC_SIGNATURE = "8bdb0e44341d71482390afe6536fa5f3ecfa6da7956ee95d1f8a60b7ab871240";

function huaweiVector(signature = HUAWEI_SIGNATURE) {
  const authorization = `SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature=${signature}`;
  return {
    method: "GET",
    target: "/resources?size=1",
    headers: { host: "service.endpoint.myhuaweicloud.com", "x-sdk-date": "20200608T023900Z", authorization },
    body: NO_BODY,
  };
}

function otcVector(scope = "19700101/region/service/sdk_request") {
  const authorization = `SDK-HMAC-SHA256 Credential=ak/${scope}, SignedHeaders=host;x-project-id;x-sdk-date, Signature=${OTC_SIGNATURE}`;
  return {
    method: "GET",
    target: "/",
    headers: {
      host: "example.com",
      "x-project-id": "project",
      "x-sdk-date": "19700101T000001Z",
      authorization,
    },
    body: NO_BODY,
  };
}

const HUAWEI: SignatureContext = {
  now: Date.UTC(2020, 5, 8, 2, 39),
  region: "",
  service: "modelarts",
  secretOf: (ak) => (ak === "AccessKey" ? "SecretKey" : undefined),
};
const OTC: SignatureContext = { now: 1_000, region: "region", service: "service", secretOf: () => "sk" };

describe("the published vectors", () => {
  it("accepts the one of the dialect huaweicloud", () => {
    expect(verifySignature(huaweiVector(), HUAWEI)).toBe("AccessKey");
  });

  it("accepts the one of the dialect otc", () => {
    expect(verifySignature(otcVector(), OTC)).toBe("ak");
  });

  it("refuses a signature with one digit changed, and echoes the canonical request", () => {
    expect(() => verifySignature(huaweiVector(HUAWEI_SIGNATURE.replace(/^c/, "d")), HUAWEI)).toThrow(
      "canonicalRequest:GET|/resources/|size=1|host:service.endpoint.myhuaweicloud.com|x-sdk-date:20200608T023900Z||host;x-sdk-date|",
    );
  });

  it.each([
    { what: "another method", change: { method: "POST" } },
    { what: "another query", change: { target: "/resources?size=2" } },
    { what: "another path", change: { target: "/resource?size=1" } },
    { what: "a body that was not signed", change: { body: Buffer.from("{}") } },
  ])("refuses it with $what", ({ change }) => {
    expect(() => verifySignature({ ...huaweiVector(), ...change }, HUAWEI)).toThrow(
      "verify aksk signature fail",
    );
  });

  it("accepts it 15 minutes later and earlier, and not a second beyond", () => {
    const ahead = 15 * 60_000;
    for (const now of [HUAWEI.now + ahead, HUAWEI.now - ahead]) {
      expect(verifySignature(huaweiVector(), { ...HUAWEI, now })).toBe("AccessKey");
    }
    for (const now of [HUAWEI.now + ahead + 1_000, HUAWEI.now - ahead - 1_000]) {
      expect(() => verifySignature(huaweiVector(), { ...HUAWEI, now })).toThrow("expired");
    }
  });

  it.each([
    "19700102/region/service/sdk_request",
    "19700101/elsewhere/service/sdk_request",
    "19700101/region/obs/sdk_request",
  ])("refuses the scope %s with the dialect otc", (scope) => {
    expect(() => verifySignature(otcVector(scope), OTC)).toThrow("the credential scope must be");
  });

  it.each(["", "Bearer x", "SDK-HMAC-SHA256 Access=AccessKey, Signature=00"])(
    "refuses the malformed header %j",
    (authorization) => {
      const { headers, ...rest } = huaweiVector();
      expect(() => verifySignature({ ...rest, headers: { ...headers, authorization } }, HUAWEI)).toThrow(
        "malformed",
      );
    },
  );

  it("demands that host and X-Sdk-Date are signed", () => {
    const { headers, ...rest } = huaweiVector();
    const authorization = headers.authorization.replace("host;", "");
    expect(() => verifySignature({ ...rest, headers: { ...headers, authorization } }, HUAWEI)).toThrow(
      "the header host must be signed",
    );
  });
});

const basicDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");

/** The vendor's own signer at work. */
function vendorHeaders(
  simulator: TestSimulator,
  path: string,
  queryParams: Record<string, unknown>,
  data?: object,
) {
  const credential = new BasicCredentials().withAk("demo-ak").withSk("demo-sk");
  const request = {
    endpoint: `${simulator.url}${path}`,
    method: data ? "POST" : "GET",
    queryParams,
    headers: { "content-type": "application/json", "x-project-id": simulator.projectId },
    ...(data && { data }),
  };
  return AKSKSigner.sign(request as never, credential) as Record<string, string>;
}

describe("a signed call", () => {
  it.each([
    { query: {}, search: "" },
    { query: { per_page: "2", page: "1" }, search: "?page=1&per_page=2" },
    {
      query: { search_content: "a b+c/ü~*'()" },
      search: `?search_content=${encodeURIComponent("a b+c/ü~*'()")}`,
    },
  ])("is accepted as the vendor's own signer signs it: $query", async ({ query, search }) => {
    await using simulator = await startSimulator();
    const path = `/v1/${simulator.projectId}/training-jobs`;
    const headers = vendorHeaders(simulator, path, query);
    const response = await fetch(`${simulator.url}${path}${search}`, { headers });
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining('"is_success":true'),
    ]);
  });

  it("is accepted with a body as the vendor's own signer signs it", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const path = `/v1/${simulator.projectId}/training-jobs/10/versions`;
    const data = { job_desc: "é 日本" };
    const headers = vendorHeaders(simulator, path, {}, data);
    const response = await fetch(`${simulator.url}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(data),
    });
    expect(await response.json()).toMatchObject({
      error_code: "ModelArts.0101",
      error_message: "config is mandatory.",
    });
  });

  async function send(
    simulator: TestSimulator,
    options: { ak?: string; sk?: string; projectId?: string; path?: string } = {},
  ) {
    const { ak = "demo-ak", sk = "demo-sk", projectId = "demo-project" } = options;
    const path = options.path ?? "/v1/demo-project/job/ai-engines";
    const host = new URL(simulator.url).host;
    const date = basicDate(simulator.clock.now());
    const scope = `${date.slice(0, 8)}/${simulator.region}/modelarts/sdk_request`;
    const emptyHash = createHash("sha256").digest("hex");
    const canonical = `GET\n${path}/\n\nhost:${host}\nx-sdk-date:${date}\n\nhost;x-sdk-date\n${emptyHash}`;
    const hash = createHash("sha256").update(canonical).digest("hex");
    let key: string | Buffer = `SDK${sk}`;
    for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
    const signature = createHmac("sha256", key)
      .update(`SDK-HMAC-SHA256\n${date}\n${scope}\n${hash}`)
      .digest("hex");
    const authorization = `SDK-HMAC-SHA256 Credential=${ak}/${scope}, SignedHeaders=host;x-sdk-date, Signature=${signature}`;
    const response = await fetch(`${simulator.url}${path}`, {
      headers: { authorization, "x-sdk-date": date, "x-project-id": projectId },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it("is accepted in the dialect otc", async () => {
    await using simulator = await startSimulator();
    expect(await send(simulator)).toMatchObject({ status: 200, body: { is_success: true } });
  });

  it("with an unknown access key is refused with 403 ModelArts.0206", async () => {
    await using simulator = await startSimulator();
    expect(await send(simulator, { ak: "nobody" })).toMatchObject({
      status: 403,
      body: { error_code: "ModelArts.0206" },
    });
  });

  it("with a wrong secret key is refused with 401 and its canonical request", async () => {
    await using simulator = await startSimulator();
    expect(await send(simulator, { sk: "wrong" })).toMatchObject({
      status: 401,
      body: {
        error_code: "APIGW.0301",
        error_msg: expect.stringContaining("canonicalRequest:GET|/v1/demo-project/"),
      },
    });
  });

  it("that names another project in X-Project-Id is refused with ModelArts.0210", async () => {
    await using simulator = await startSimulator();
    expect(await send(simulator, { projectId: "other-project" })).toMatchObject({
      status: 403,
      body: { error_code: "ModelArts.0210" },
    });
  });
});
