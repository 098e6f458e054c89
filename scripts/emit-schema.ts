import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { printGatewaySchema } from "../src/schema.js";

/** Writes schema.graphql; with `--check` only compares, and exits with 1 when it is stale. */
const file = fileURLToPath(new URL("../schema.graphql", import.meta.url));
const sdl = printGatewaySchema();

if (!process.argv.includes("--check")) {
  await writeFile(file, sdl);
  console.log("schema.graphql is written.");
} else if ((await readFile(file, "utf8").catch(() => "")) === sdl) {
  console.log("schema.graphql is up to date.");
} else {
  console.error("schema.graphql is stale: run `npm run schema` and commit it.");
  process.exitCode = 1;
}
