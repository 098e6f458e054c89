import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObsPath } from "../../../src/types/validators/obs-path.js";
import { brokenBy, inputWith } from "./validate.js";

const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 6 })
  .filter((text) => !/[/\p{Cc}]/u.test(text) && text !== "." && text !== "..");
const segments = fc.array(segment, { minLength: 1, maxLength: 4 });

describe("paths", () => {
  it("accepts any sequence of segments, with and without a trailing slash", () => {
    fc.assert(
      fc.property(segments, fc.constantFrom("", "/"), (names, end) => {
        expect(isObsPath(`/${names.join("/")}${end}`)).toBe(true);
      }),
    );
  });

  it("refuses any path with one bad segment among good ones", () => {
    const bad = fc.constantFrom("", ".", "..", "a\u0001b", "\u007f");
    fc.assert(
      fc.property(segments, bad, segments, (before, wrong, after) => {
        expect(isObsPath(`/${[...before, wrong, ...after].join("/")}`)).toBe(false);
      }),
    );
  });

  it("accepts any boot file below the code directory", async () => {
    const files = fc.asyncProperty(segments, segments, fc.constantFrom("", "/"), async (app, inner, end) => {
      const config = { appUrl: `/${app.join("/")}${end}`, bootFileUrl: `/${[...app, ...inner].join("/")}` };
      expect(await brokenBy(inputWith(config))).toEqual([]);
    });
    await fc.assert(files, { numRuns: 50 });
  });

  it("refuses any boot file in a directory whose name only begins like the code directory's", async () => {
    const files = fc.asyncProperty(segments, segment, segment, async (app, more, file) => {
      const directory = `/${app.join("/")}`;
      const config = { appUrl: directory, bootFileUrl: `${directory}${more}/${file}` };
      expect(await brokenBy(inputWith(config))).toEqual(["config.bootFileUrl: boot-file-in-app"]);
    });
    await fc.assert(files, { numRuns: 50 });
  });
});
