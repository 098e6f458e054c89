import { defineConfig } from "vitest/config";

const REDIS = "test/support/global-setup.ts";
const BUILT_GATEWAY = "test/support/build-gateway.ts";

/** How sources are transformed, whatever is tested. */
export const sources = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  // graphql ships CommonJS and ESM builds; all importers must meet in one of them.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
};

export default defineConfig({
  ...sources,
  test: {
    setupFiles: ["reflect-metadata"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests wait for sockets and clocks more than they compute: every core gets a worker.
    maxWorkers: "100%",
    sequence: { shuffle: true },
    projects: [
      {
        extends: true,
        test: {
          name: "in-process",
          include: ["test/{unit,contract,integration,simulator}/**/*.test.ts"],
          globalSetup: [REDIS],
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: ["test/{e2e,trust}/**/*.test.ts"],
          globalSetup: [REDIS, BUILT_GATEWAY],
        },
      },
    ],
  },
});
