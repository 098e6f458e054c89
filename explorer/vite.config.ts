import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Everything that the page needs ends up beside it: no address outside the gateway is ever asked. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/explorer/",
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: fileURLToPath(new URL("../dist/explorer", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    // The editor is one chunk of 2.8 MB, and the page needs all of it.
    chunkSizeWarningLimit: 3_000,
    // Libraries mark modules for React's server components and compiler, which a bundle for browsers has no use for.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  worker: { format: "es" },
});
