import type { Project, VersionConfig } from "../store/entities.js";
import type { Outcome } from "../store/lifecycle.js";

/**
 * How the life of a version ends, by what it was created with, so that whoever tries the simulator can choose:
 * a boot file named `fail...` fails, one named `lost...` is lost, an image with `missing` in its name cannot be
 * created, a specification that is sold out keeps it waiting; everything else completes.
 */
export function outcomeFor(config: VersionConfig, project: Project): Outcome {
  const bootFile = config.boot_file_url?.split("/").findLast((segment) => segment !== "") ?? "";
  if (config.user_image_url?.includes("missing")) return "image-failed";
  if (bootFile.startsWith("fail")) return "failed";
  if (bootFile.startsWith("lost")) return "lost";
  const spec = project.specs.find((candidate) => candidate.id === config.spec_id);
  return spec?.soldOut ? "waits" : "completed";
}
