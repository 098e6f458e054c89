import { GraphQLError } from "graphql";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { createErrorPublisher, withRequestId } from "../../../src/http/public-error.js";

function publisher(hideSuggestions = false) {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  return { publish: createErrorPublisher({ log, hideSuggestions }), lines };
}

describe("an error that a caller sees", () => {
  it("carries the code, message and details of one of ours, and where it happened", () => {
    const cause = new GatewayError("RATE_LIMITED", "Slow down.", { retryAfterMs: 10 });
    const error = new GraphQLError("wrapped", { originalError: cause, path: ["job"] });
    expect(publisher().publish(error)).toEqual({
      message: "Slow down.",
      path: ["job"],
      extensions: { code: "RATE_LIMITED", retryAfterMs: 10 },
    });
  });

  it("keeps the message of a document that does not validate", () => {
    const error = new GraphQLError('Cannot query field "x". Did you mean "y"?', {
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
    expect(publisher().publish(error).message).toContain("Did you mean");
    expect(publisher(true).publish(error).message).toBe('Cannot query field "x".');
  });

  it("speaks of a bad request where Apollo Server has a code of its own", () => {
    const error = new GraphQLError("Unknown operation", {
      extensions: { code: "OPERATION_RESOLUTION_FAILURE" },
    });
    expect(publisher().publish(error).extensions).toEqual({ code: "BAD_REQUEST" });
  });

  it.each([
    ["a plain error", new Error("password=hunter2 at /srv/secret.ts")],
    [
      "a located plain error",
      new GraphQLError("password=hunter2", { originalError: new Error("password=hunter2") }),
    ],
    ["something that is no error", "password=hunter2"],
  ])("tells nothing of the inside for %s, and logs it", (_name, error) => {
    const { publish, lines } = publisher();
    expect(JSON.stringify(publish(error))).not.toMatch(/hunter2|secret\.ts|stack/);
    expect(publish(error).extensions).toEqual({ code: "INTERNAL_SERVER_ERROR" });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: 50, event: "defect" });
  });

  it("always carries the request id", () => {
    expect(withRequestId({ message: "m", extensions: { code: "CONFLICT" } }, "r-1")).toEqual({
      message: "m",
      extensions: { code: "CONFLICT", requestId: "r-1" },
    });
  });
});
