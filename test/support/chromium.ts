import { execFileSync, spawnSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

const BINARIES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Chromium asks for nothing but what the tests open. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Where a Chromium is on PATH. */
function findOnPath(): string | undefined {
  for (const name of BINARIES) {
    const { status, stdout } = spawnSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    const path = stdout.trim();
    if (status === 0 && spawnSync(path, ["--version"]).status === 0) return path;
  }
  return undefined;
}

function install(): void {
  console.log("No Chromium on PATH: installing Debian's package chromium ...");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], {
    stdio: "inherit",
    env,
  });
}

/** The path of a Chromium, installed first where that is possible. */
export function chromiumBinary(): string {
  const found = findOnPath();
  if (found !== undefined) return found;
  if (isRoot() && spawnSync("apt-get", ["--version"]).status === 0) {
    install();
    const installed = findOnPath();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    `The browser tests need a Chromium. Put one on PATH (${BINARIES.join(", ")}), or run them as root on Debian or ` +
      "Ubuntu, where they install the package chromium.",
  );
}

/** A headless Chromium with a profile of its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumBinary(),
    // Chromium's sandbox cannot be set up by root.
    chromiumSandbox: !isRoot(),
    args: QUIET,
  });
}
