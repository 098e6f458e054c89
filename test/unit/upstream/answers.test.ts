import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { failureOfAnswer } from "../../../src/upstream/errors/answer-failure.js";
import { publicMessage } from "../../../src/upstream/errors/public-message.js";
import { parseObject } from "../../../src/upstream/json.js";
import { decodeCreatedVersion } from "../../../src/upstream/resources/create-version.js";
import { decodeJobPage } from "../../../src/upstream/resources/jobs.js";
import { decodeEngineSpecs, decodeResourceSpecs } from "../../../src/upstream/resources/specs.js";
import { decodeVersionDetails, listAllVersions } from "../../../src/upstream/resources/versions.js";
import { id, plainValue } from "../../support/upstream-client.js";

const sample = {
  is_success: true,
  error_code: "",
  error_message: null,
  job_id: 10,
  job_total_count: 1,
  version_id: "20",
  version_count: 1,
  create_time: 1524189990635,
  model_metric_list: '{"metric":[]}',
  jobs: [{ job_id: "10", version_id: 20, status: "8" }],
  versions: [{ version_id: 20, parameter: [{ label: "a", value: 0.01 }], duration: 9007199254740993n }],
  specs: [{ spec_id: 1, core: 2 }],
  engines: [{ engine_id: 1 }],
};
const text = JSON.stringify(sample, (_, value: unknown) =>
  typeof value === "bigint" ? Number(value) : value,
);

/** The sample with some of its bytes replaced, inserted or cut. */
const spoiledText = fc
  .array(fc.record({ at: fc.nat(text.length), remove: fc.nat(4), insert: fc.string({ maxLength: 4 }) }), {
    maxLength: 5,
  })
  .map((edits) =>
    edits.reduce(
      (body, { at, remove, insert }) => body.slice(0, at) + insert + body.slice(at + remove),
      text,
    ),
  );

/** The sample with any JSON in place of some of its fields. */
const spoiledFields = fc
  .dictionary(fc.constantFrom(...Object.keys(sample)), fc.jsonValue(), { noNullPrototype: true })
  .map((replaced) => JSON.stringify({ ...(JSON.parse(text) as object), ...replaced }));

const status = fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504);
const context = fc.record({ mutation: fc.boolean(), service: fc.boolean() });

async function resultOf(decode: () => unknown): Promise<unknown> {
  try {
    return await decode();
  } catch (error) {
    return error;
  }
}

/** True when the value holds nothing that JSON would leave out or change. */
function holdsPlainJsonOnly(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "object" && value !== null) return Object.values(value).every(holdsPlainJsonOnly);
  return ["string", "boolean", "object"].includes(typeof value);
}

describe("whatever the upstream answers", () => {
  it("becomes a domain value or an error of the catalogue", async () => {
    const body = fc.oneof(spoiledText, spoiledFields, fc.string());
    await fc.assert(
      fc.asyncProperty(body, status, context, async (answered, code, how) => {
        const object = parseObject(answered);
        const failure = failureOfAnswer({ status: code, headers: {}, body: answered }, object, how, 0);
        if (failure || object === undefined) {
          expect(failure?.error).toBeInstanceOf(GatewayError);
          return;
        }
        const decoders = [
          () => decodeJobPage(object),
          () => decodeVersionDetails(object, id("10")),
          () => decodeResourceSpecs(object),
          () => decodeEngineSpecs(object),
          () => decodeCreatedVersion(object, id("10")),
          () => listAllVersions(id("10"), async () => ({ body: object, text: answered })).then(plainValue),
        ];
        for (const decode of decoders) {
          const value = await resultOf(decode);
          if (value instanceof Error) expect(value).toMatchObject({ code: "UPSTREAM_INVALID_RESPONSE" });
          else expect(holdsPlainJsonOnly(value)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("is passed on in no more than a bounded message without control characters, in bounded time", () => {
    for (const message of [" ".repeat(1e6), "a-".repeat(5e5), "a.".repeat(5e5), "\n at x".repeat(2e5)])
      expect(publicMessage(message)?.length ?? 0).toBeLessThanOrEqual(501);
    fc.assert(
      fc.property(fc.string({ maxLength: 3_000 }), (message) => {
        expect(publicMessage(message) ?? "").not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
