import { MaxCodePoints } from "./max-code-points.js";

/** Rule `job-desc-length`: 0 to 256 characters, counted as Unicode code points. */
export function JobDescLength(): PropertyDecorator {
  return MaxCodePoints("job-desc-length", 256);
}
