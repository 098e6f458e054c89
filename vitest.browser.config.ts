import { defineConfig } from "vitest/config";
import base from "./vitest.config.js";

/** The pages in a real Chromium; everything else as in the other tests. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["test/browser/**/*.test.ts"],
    globalSetup: ["test/browser/build-explorer.ts"],
    testTimeout: 180_000,
    fileParallelism: false,
  },
});
