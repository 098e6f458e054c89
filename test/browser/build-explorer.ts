import { execFileSync } from "node:child_process";
import { chromiumBinary } from "../support/chromium.js";

/** Before all browser tests: the explorer as it is in the sources now, and a browser to open it with. */
export default function setup(): void {
  chromiumBinary();
  execFileSync(process.execPath, ["scripts/build.mjs", "explorer"], { stdio: "inherit" });
}
