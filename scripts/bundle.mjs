/**
 * Bundles the gateway, with the packages that it needs, into a directory: `node scripts/bundle.mjs dist`. The entry is
 * `server.js` there; what only some deployments need (Redis, readable logs) is in chunks beside it, loaded on demand.
 *
 * One file instead of some 1,500, and nothing in it that never runs, is what makes the gateway start fast and idle small.
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

const noSchemas = `module.exports = () => () => {
  throw new Error("The build leaves Fastify's schema compilers out (scripts/bundle.mjs), because no route has a schema.");
};`;

/** Packages of which the gateway needs a part only: it takes the place of the whole. */
const PARTS = {
  undici: `
    export { default as Pool } from ${JSON.stringify(require.resolve("undici/lib/dispatcher/pool.js"))};
    export { default as buildConnector } from ${JSON.stringify(require.resolve("undici/lib/core/connect.js"))};
    export { default as errors } from ${JSON.stringify(require.resolve("undici/lib/core/errors.js"))};`,
  // Its own way to node:crypto is lost in a bundle, and leads to an implementation in JavaScript.
  "@apollo/utils.createhash": `export { createHash } from "node:crypto";`,
  "@fastify/ajv-compiler": noSchemas,
  "@fastify/fast-json-stringify-compiler": noSchemas,
};

const parts = {
  name: "parts",
  resolveId: (id) => (Object.hasOwn(PARTS, id) ? `\0part:${id}` : undefined),
  load: (id) => (id.startsWith("\0part:") ? PARTS[id.slice("\0part:".length)] : undefined),
};

/** A source with a single character beyond Latin-1 is held by V8 with two bytes for each character. */
const ascii = {
  name: "ascii",
  renderChunk: (code) => ({
    code: code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    // No line moves.
    map: null,
  }),
};

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error("Usage: node scripts/bundle.mjs DIRECTORY");
  process.exit(2);
}
const bundle = await rolldown({
  cwd: root,
  input: { server: "src/server.ts" },
  platform: "node",
  // Packages that ship CommonJS and ES modules meet in the latter, whoever asks: there must be one graphql.
  resolve: { mainFields: ["module", "main"] },
  // Natively faster parts of ws, which are not installed and which it does without.
  external: ["bufferutil", "utf-8-validate"],
  plugins: [parts, ascii],
});
await bundle.write({
  dir: resolve(root, directory),
  format: "esm",
  sourcemap: true,
  comments: false,
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
});
