import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

/** A file of the built explorer. */
export interface ExplorerFile {
  path: string;
  /** Bytes. */
  size: number;
  contentType: string;
  /** The same content compressed, where the build has left it. */
  gzip?: { path: string; size: number };
}

/** The built explorer: its page, and what the page loads by name. */
export interface ExplorerBuild {
  page: { html: string; etag: string };
  /** By path below the explorer's address, e.g. `assets/index-1a2b3c.js`. */
  files: ReadonlyMap<string, ExplorerFile>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
};

const PAGE = "index.html";

async function listFiles(directory: string): Promise<Map<string, { path: string; size: number }>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map(async (path) => {
      const name = relative(directory, path).split(sep).join("/");
      return [name, { path, size: (await stat(path)).size }] as const;
    });
  return new Map(await Promise.all(files));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function readPage(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, PAGE), "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Looks at what `npm run build` has left in the directory. Only files that are there at this moment are ever served,
 * so that no address can lead outside the directory.
 *
 * @returns undefined when the explorer has not been built
 */
export async function readExplorerBuild(directory: string): Promise<ExplorerBuild | undefined> {
  const html = await readPage(directory);
  if (html === undefined) return undefined;
  const found = await listFiles(directory);
  const files = new Map<string, ExplorerFile>();
  for (const [name, file] of found) {
    if (name === PAGE || name.endsWith(".gz")) continue;
    const gzip = found.get(`${name}.gz`);
    const contentType = CONTENT_TYPES[extname(name)] ?? "application/octet-stream";
    files.set(name, { ...file, contentType, ...(gzip && { gzip }) });
  }
  const etag = `"${createHash("sha256").update(html).digest("base64url")}"`;
  return { page: { html, etag }, files };
}
