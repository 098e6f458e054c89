import { ArrayNotEmpty } from "class-validator";
import { asRule } from "./rule.js";

/** Rule `data-source-not-empty`: dataSource has at least one item. */
export function DataSourceNotEmpty(): PropertyDecorator {
  return ArrayNotEmpty(asRule("data-source-not-empty", "Give at least one item, or leave dataSource out."));
}
