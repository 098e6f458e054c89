import { InRange } from "./in-range.js";

/** Rule `page-range`: 1 to 65535. */
export function PageRange(): PropertyDecorator {
  return InRange("page-range", 65_535);
}
