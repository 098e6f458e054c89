import { isObsPath, pathSegments } from "./obs-path.js";
import { ruleDecorator } from "./rule.js";

function liesInside(file: string, directory: string): boolean {
  const outer = pathSegments(directory);
  const inner = pathSegments(file);
  return inner.length > outer.length && outer.every((segment, index) => segment === inner[index]);
}

/** Rule `boot-file-in-app`, on bootFileUrl: it lies inside the directory appUrl; whole segments are compared. */
export function BootFileInApp(): PropertyDecorator {
  return ruleDecorator<{ appUrl?: unknown }>("boot-file-in-app", {
    holds: (file, { appUrl }) => !isObsPath(file) || !isObsPath(appUrl) || liesInside(file, appUrl),
    message: () =>
      "Give a bootFileUrl inside the directory appUrl, for instance /usr/app/boot.py in /usr/app/.",
  });
}
