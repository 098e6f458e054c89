import { describe, expect, it } from "vitest";
import { chooseMediaType } from "../../../src/http/media-type.js";

describe("the media type of an answer", () => {
  it.each([
    [undefined, "application/json"],
    ["application/json", "application/json"],
    ["application/graphql-response+json", "application/graphql-response+json"],
    ["application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", "application/json"],
    ["application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json"],
    ["application/json;q=0.1, application/graphql-response+json;q=0.2", "application/graphql-response+json"],
    ["APPLICATION/JSON ; Q=1", "application/json"],
    ["*/*", "application/json"],
    ["application/*;q=0.1", "application/json"],
    ["application/json;q=0, */*", "application/graphql-response+json"],
    ["text/html, */*;q=0.1", "application/json"],
    ["text/html", undefined],
    ["", undefined],
    ["*/*;q=0", undefined],
    ["application/json;q=nonsense", undefined],
  ])("for Accept: %s is %s", (accept, mediaType) => {
    expect(chooseMediaType(accept)).toBe(mediaType);
  });
});
