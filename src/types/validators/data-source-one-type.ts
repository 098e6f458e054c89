import { ruleDecorator } from "./rule.js";

/** Rule `data-source-one-type`, on dataSource: OBS and DATASET items are not mixed. */
export function DataSourceOneType(): PropertyDecorator {
  return ruleDecorator("data-source-one-type", {
    holds: (value) =>
      !Array.isArray(value) || new Set(value.map((item: { type?: unknown }) => item.type)).size <= 1,
    message: () => "Give only OBS items or only DATASET items.",
  });
}
