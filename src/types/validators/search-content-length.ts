import { MaxCodePoints } from "./max-code-points.js";

/** Rule `search-content-length`: 0 to 64 characters, counted as Unicode code points. */
export function SearchContentLength(): PropertyDecorator {
  return MaxCodePoints("search-content-length", 64);
}
