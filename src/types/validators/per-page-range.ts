import { InRange } from "./in-range.js";

/** Rule `per-page-range`: 1 to 1000. */
export function PerPageRange(): PropertyDecorator {
  return InRange("per-page-range", 1000);
}
