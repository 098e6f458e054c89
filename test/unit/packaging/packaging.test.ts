import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const read = (path: string) => readFileSync(path, "utf8");
const lines = (path: string) => read(path).replaceAll("\\\n", " ").split("\n");

/** What the Dockerfile takes from the project, not from another stage. */
function copiedFromProject(): string[] {
  return lines("Dockerfile")
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
}

/** The text of the stage of that name. */
function stage(name: string): string {
  const text = read("Dockerfile")
    .split(/^FROM /m)
    .find((part) => part.split("\n")[0]?.endsWith(` AS ${name}`));
  if (text === undefined) throw new Error(`The Dockerfile has no stage ${name}`);
  return text;
}

function typeScriptFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(directory, name));
}

/** The packages that a module imports when it runs; type imports leave no trace in the build. */
function importedPackages(path: string): string[] {
  const statements = /^(?:import|export)\s(?!type\s)(?:[^;"'`=()]*\sfrom\s+)?"([^".][^"]*)";/gm;
  const calls = /\bimport\("([^".][^"]*)"\)/g;
  const source = read(path);
  return [...source.matchAll(statements), ...source.matchAll(calls)]
    .map((match) => match[1] ?? "")
    .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
}

describe("the images", () => {
  test("everything that is copied from the project is there and is not ignored", () => {
    const allowed = lines(".dockerignore")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = copiedFromProject();
    expect(copied).toContain("src");
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([]);
  });

  test("each starts what the build makes of its entry", () => {
    expect(stage("gateway")).toContain('CMD ["node", "dist/server.js"]');
    expect(existsSync("src/server.ts")).toBe(true);
    expect(stage("simulator")).toContain('CMD ["node", "dist/simulator/main.js"]');
    expect(existsSync("simulator/main.ts")).toBe(true);
  });

  test("they run in production mode as a user without rights, and say whether they live", () => {
    expect(stage("runtime")).toMatch(/^ENV NODE_ENV=production$/m);
    expect(stage("runtime")).toMatch(/^USER node$/m);
    for (const name of ["gateway", "simulator"]) {
      expect(stage(name)).toMatch(/^runtime AS /);
      expect(stage(name)).toMatch(/^HEALTHCHECK /m);
      expect(stage(name)).not.toMatch(/^USER /m);
    }
  });

  test("the gateway imports nothing but production dependencies", () => {
    const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
    const imported = new Set(typeScriptFiles("src").flatMap(importedPackages));
    expect(imported).toContain("fastify");
    expect([...imported].filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
  });

  test("the simulator's image has no packages, and the simulator needs none", () => {
    expect(stage("simulator")).not.toContain("node_modules");
    expect(typeScriptFiles("simulator").flatMap(importedPackages)).toEqual([]);
  });
});

describe("compose.yaml", () => {
  test("publishes its ports to this machine alone", () => {
    const ports = [...read("compose.yaml").matchAll(/^\s*ports: \["([^"]+)"\]$/gm)].map((match) => match[1]);
    expect(ports).toEqual(["127.0.0.1:4000:4000", "127.0.0.1:4100:4100"]);
  });

  test("runs Redis so that it evicts nothing", () => {
    expect(read("compose.yaml")).toContain('"--maxmemory-policy", "noeviction"');
  });
});
