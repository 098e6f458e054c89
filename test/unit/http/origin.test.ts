import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { isOriginAllowed } from "../../../src/http/origin.js";

function upgradeFrom(origin?: string): IncomingMessage {
  return {
    headers: { host: "gateway.example:4000", ...(origin !== undefined && { origin }) },
  } as IncomingMessage;
}

describe("the origin of a WebSocket upgrade", () => {
  const allowed = ["https://app.example"];

  it.each([undefined, "http://gateway.example:4000", "https://gateway.example:4000", "https://app.example"])(
    "passes when it is %s",
    (origin) => {
      expect(isOriginAllowed(upgradeFrom(origin), allowed)).toBe(true);
    },
  );

  it.each([
    "https://evil.example",
    "https://app.example.evil",
    "http://app.example",
    "null",
    "http://gateway.example",
  ])("is refused when it is %s", (origin) => {
    expect(isOriginAllowed(upgradeFrom(origin), allowed)).toBe(false);
  });
});
