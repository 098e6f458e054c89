import { notBlankCheck } from "./not-blank.js";
import { obsPathCheck } from "./obs-path.js";
import { isGiven, type RuleCheck, ruleDecorator } from "./rule.js";

type ItemType = "OBS" | "DATASET";

/** What an item of one type demands of a field. */
export type Demand = "required" | "forbidden";

/** A rule of one field of a data source item that holds for items of one type only. */
export function itemFieldRule(rule: string, type: ItemType, demand: Demand): PropertyDecorator {
  const required = demand === "required";
  return ruleDecorator<{ type?: unknown }>(rule, {
    holds: (value, item) => item.type !== type || isGiven(value) === required,
    message: (_value, _item, field) =>
      required
        ? `Give ${field}: an item of type ${type} needs it.`
        : `Leave ${field} out in an item of type ${type}.`,
  });
}

/** What a field that does not belong into an item looks like means nothing. */
function onlyInItemsOf(type: ItemType, check: RuleCheck<object>): RuleCheck<{ type?: unknown }> {
  return { ...check, holds: (value, item, field) => item.type !== type || check.holds(value, item, field) };
}

/** Rule `obs-path`, in items that may have a path. */
export function ItemObsPath(): PropertyDecorator {
  return ruleDecorator("obs-path", onlyInItemsOf("OBS", obsPathCheck("reported")));
}

/** Rule `not-blank`, in items that may have ids. */
export function ItemNotBlank(): PropertyDecorator {
  return ruleDecorator("not-blank", onlyInItemsOf("DATASET", notBlankCheck));
}
