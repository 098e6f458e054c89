import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { type AnswerCache, createAnswerCache } from "../../../../src/http/front/answer-cache.js";
import { fingerprint } from "../../../../src/http/front/fingerprint.js";
import { Head, Heads } from "../../../../src/http/front/heads.js";
import type { Posted } from "../../../../src/http/front/posted.js";

/** What a request brings with it; the same unless told. */
interface Asked {
  projectId?: string;
  credentialId?: string;
  accept?: string;
  contentType?: string;
  origin?: string;
  body?: string;
}

const known = new Heads();

function posted(asked: Asked = {}): Posted {
  const { projectId = "project", credentialId = "alice", body = '{"query":"{ a }"}' } = asked;
  const { accept, contentType = "application/json", origin } = asked;
  const form = { accept, contentType, origin };
  return {
    request: {} as IncomingMessage,
    response: {} as ServerResponse,
    body: Buffer.from(body),
    caller: { projectId, credentialId, credential: { kind: "service" } },
    quotaKey: "",
    form,
    head: known.learn(form, {}),
    startedAt: 0,
  };
}

const lasting = { bytes: 0, hold: () => true };

function keep(answers: AnswerCache, asked: Asked = {}, body = "answer", ingredients = lasting): void {
  const request = posted(asked);
  const head = request.head ?? new Head([]);
  answers.keep(request, { operationName: null, head, ingredients, body });
}

describe("The answer to a request", () => {
  it.each<[string, Asked]>([
    ["another project", { projectId: "other" }],
    ["another credential", { credentialId: "bob" }],
    ["another accepted media type", { accept: "application/graphql-response+json" }],
    ["an empty Accept header", { accept: "" }],
    ["another media type of its own", { contentType: "application/json; charset=utf-8" }],
    ["an origin", { origin: "https://app.example" }],
    ["another query", { body: '{"query":"{ b }"}' }],
  ])("is not given to one with %s, even where their fingerprints are the same", (_what, other) => {
    const answers = createAnswerCache({ keyOf: () => 1 });
    keep(answers);
    expect(answers.find(posted())).toBeDefined();
    expect(answers.find(posted(other))).toBeUndefined();
  });

  it("takes the place of the one to a request of the same fingerprint", () => {
    const answers = createAnswerCache({ keyOf: () => 1 });
    keep(answers);
    keep(answers, { body: "{}" });
    expect(answers.find(posted())).toBeUndefined();
    expect(answers.find(posted({ body: "{}" }))).toBeDefined();
  });

  it("is not kept when it has come to its end meanwhile, nor given afterwards", () => {
    const answers = createAnswerCache();
    let holds = false;
    const ingredients = { bytes: 0, hold: () => holds };
    keep(answers, {}, "", ingredients);
    holds = true;
    expect(answers.find(posted())).toBeUndefined();
    keep(answers, {}, "", ingredients);
    expect(answers.find(posted())).toBeDefined();
    holds = false;
    expect(answers.find(posted())).toBeUndefined();
  });

  it("is forgotten when later ones need its room", () => {
    const answers = createAnswerCache({ maxBytes: 10_000 });
    keep(answers, { body: "first" }, "x".repeat(4_000));
    keep(answers, { body: "second" }, "x".repeat(4_000));
    expect(answers.find(posted({ body: "first" }))).toBeUndefined();
    expect(answers.find(posted({ body: "second" }))).toBeDefined();
  });
});

describe("What a client sends in its header fields", () => {
  const accept = `application/json;a=${"b".repeat(20_000)}`;

  it("counts among what a head takes", () => {
    const heads = new Heads();
    const forms = Array.from({ length: 60 }, (_, n) => posted({ accept: `${accept}${n}` }).form);
    for (const form of forms) heads.learn(form, {});
    expect([forms[0], forms[59]].map((form) => form && heads.of(form) !== undefined)).toEqual([false, true]);
  });
});

describe("A fingerprint", () => {
  it("is the same for the same credential and bytes", () => {
    expect(fingerprint(posted())).toBe(fingerprint(posted()));
  });

  it.each([0, 1, 2, 3, 4, 5])("depends on each of %d bytes, and on how many there are", (length) => {
    const bodies = [
      "",
      ...Array.from({ length }, (_, index) => `${"a".repeat(index)}b${"a".repeat(length - index - 1)}`),
    ];
    const prints = bodies.map((body) => fingerprint(posted({ body })));
    prints.push(fingerprint(posted({ body: "a".repeat(length + 1) })));
    expect(new Set(prints).size).toBe(prints.length);
  });

  it("depends on the credential", () => {
    expect(fingerprint(posted({ credentialId: "bob" }))).not.toBe(fingerprint(posted()));
  });
});
