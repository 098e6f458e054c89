import { isGiven, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

/** What an item of one type demands of a field. */
export type Demand = "required" | "forbidden";

/** A rule of one field of a data source item that holds for items of one type only. A blank text is left to other rules. */
export function itemFieldRule(rule: string, type: "OBS" | "DATASET", demand: Demand): PropertyDecorator {
  const required = demand === "required";
  return ruleDecorator<{ type?: unknown }>(rule, {
    holds: (value, item) => item.type !== type || isBlank(value) || isGiven(value) === required,
    message: (_value, _item, field) =>
      required
        ? `Give ${field}: an item of type ${type} needs it.`
        : `Leave ${field} out in an item of type ${type}.`,
  });
}
