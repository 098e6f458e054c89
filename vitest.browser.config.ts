import { defineConfig } from "vitest/config";
import { sources } from "./vitest.config.js";

/** The pages in a real Chromium. */
export default defineConfig({
  ...sources,
  test: {
    include: ["test/browser/**/*.test.ts"],
    setupFiles: ["reflect-metadata"],
    globalSetup: ["test/browser/build-explorer.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
