import { describe, expect, it } from "vitest";
import { codeOfStatus, STATUS_NAMES, statusFromCode } from "../../../src/domain/index.js";

describe("a job status", () => {
  it("has the number of the vendor's table, both ways", () => {
    expect(STATUS_NAMES.map((name) => statusFromCode(codeOfStatus(name)).status)).toEqual(STATUS_NAMES);
    expect(STATUS_NAMES).toHaveLength(22);
    expect([codeOfStatus("INIT"), codeOfStatus("RUNNING"), codeOfStatus("CHECK_FAILED")]).toEqual([1, 8, 21]);
  });

  it("is terminal exactly where it will not change again by itself", () => {
    const terminal = STATUS_NAMES.filter((name) => statusFromCode(codeOfStatus(name)).terminal);
    expect(terminal).toEqual([
      "IMAGE_FAILED",
      "SUBMIT_FAILED",
      "DELETE_FAILED",
      "COMPLETED",
      "FAILED",
      "KILLED",
      "CANCELED",
      "LOST",
      "SUBMIT_MODEL_FAILED",
      "DEPLOY_SERVICE_FAILED",
      "CHECK_FAILED",
    ]);
  });

  it.each([22, 99, -1, 1.5])("is UNKNOWN and not terminal when its number is not listed (%d)", (code) => {
    expect(statusFromCode(code)).toEqual({ status: "UNKNOWN", statusCode: code, terminal: false });
  });
});
