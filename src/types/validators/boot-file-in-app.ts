import { isObsPath } from "./obs-path.js";
import { ruleDecorator } from "./rule.js";

function withoutEnd(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function liesInside(file: string, directory: string): boolean {
  return withoutEnd(file).startsWith(`${withoutEnd(directory)}/`);
}

/** Rule `boot-file-in-app`, on bootFileUrl: it lies inside the directory appUrl; whole segments are compared. */
export function BootFileInApp(): PropertyDecorator {
  return ruleDecorator<{ appUrl?: unknown }>("boot-file-in-app", {
    holds: (file, { appUrl }) => !isObsPath(file) || !isObsPath(appUrl) || liesInside(file, appUrl),
    message: () =>
      "Give a bootFileUrl inside the directory appUrl, for instance /usr/app/boot.py in /usr/app/.",
  });
}
