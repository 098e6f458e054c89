import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AuthConfig } from "../../src/config/index.js";
import { createIdentity } from "../../src/identity.js";

const passthrough: AuthConfig = { mode: "passthrough", allowedProjects: [], proofTtlMs: 60_000 };
const service: AuthConfig = {
  mode: "service",
  defaultProjectId: "main",
  allowedProjects: ["main", "second"],
  proofTtlMs: 60_000,
};

describe("passing the caller's own token through", () => {
  const { identify, quotaKey } = createIdentity({ ...passthrough, defaultProjectId: "default-project" });

  it("takes token and project from the headers", () => {
    expect(identify({ "x-auth-token": "secret", "x-project-id": "p1" })).toMatchObject({
      projectId: "p1",
      credential: { kind: "token", token: "secret" },
    });
  });

  it("falls back to the default project", () => {
    expect(identify({ "x-auth-token": "secret" }).projectId).toBe("default-project");
  });

  it("refuses a request without a token", () => {
    expect(() => identify({ "x-project-id": "p1" })).toThrow(
      expect.objectContaining({ code: "UNAUTHENTICATED" }),
    );
  });

  it("names X-Project-Id when there is no project at all", () => {
    expect(() => createIdentity(passthrough).identify({ "x-auth-token": "secret" })).toThrow(/X-Project-Id/);
  });

  it.each(["a/b", "..", "a b", "x".repeat(65), "p%2e", "p\n"])(
    "refuses the malformed project %j",
    (projectId) => {
      expect(() => identify({ "x-auth-token": "secret", "x-project-id": projectId })).toThrow(
        expect.objectContaining({ code: "BAD_USER_INPUT", message: expect.stringContaining("X-Project-Id") }),
      );
    },
  );

  it("stands for the token by its SHA-256, or by an HMAC where a secret is configured", () => {
    expect(identify({ "x-auth-token": "secret" }).credentialId).toBe(
      createHash("sha256").update("secret").digest("base64url"),
    );
    const keyed = createIdentity({ ...passthrough, defaultProjectId: "p", keyHashSecret: "key" });
    expect(keyed.identify({ "x-auth-token": "secret" }).credentialId).toBe(
      createHmac("sha256", "key").update("secret").digest("base64url"),
    );
  });

  it("counts quotas per credential, and per address without one", () => {
    expect(quotaKey({ "x-auth-token": "a" }, () => "10.0.0.1")).toBe(
      quotaKey({ "x-auth-token": "a" }, () => "10.0.0.2"),
    );
    expect(quotaKey({ "x-auth-token": "a" }, () => "10.0.0.1")).not.toBe(
      quotaKey({ "x-auth-token": "b" }, () => "10.0.0.1"),
    );
    expect(quotaKey({ "x-auth-token": "a" }, () => "10.0.0.1")).not.toContain("secret");
    expect(quotaKey({}, () => "10.0.0.1")).toBe("address:10.0.0.1");
  });
});

describe("using the gateway's own identity", () => {
  const { identify, quotaKey } = createIdentity(service);

  it("needs no token and ignores one that is sent", () => {
    expect(identify({ "x-auth-token": "ignored" })).toEqual({
      projectId: "main",
      credential: { kind: "service" },
      credentialId: "service",
    });
  });

  it("serves the listed projects and no other", () => {
    expect(identify({ "x-project-id": "second" }).projectId).toBe("second");
    expect(() => identify({ "x-project-id": "third" })).toThrow(
      expect.objectContaining({ code: "FORBIDDEN" }),
    );
  });

  it("counts quotas per address", () => {
    expect(quotaKey({ "x-auth-token": "a" }, () => "10.0.0.1")).toBe("address:10.0.0.1");
  });
});
