import { isLongId, LONG_MAX } from "../../domain/index.js";
import { hasLostDigits } from "../id-scalar.js";
import { isGiven, ruleDecorator } from "./rule.js";

/**
 * Rule `long-id`: decimal digits without leading zeros, from `min` to 9223372036854775807, as the upstream's `Long`
 * ids are.
 */
export function LongId(min: 0 | 1): PropertyDecorator {
  return ruleDecorator("long-id", {
    holds: (value) => !isGiven(value) || isLongId(value, BigInt(min)),
    message: (value) =>
      hasLostDigits(value)
        ? "A JSON number beyond 2^53 - 1 has lost digits on its way here: give the id as a string."
        : `Give decimal digits without leading zeros, from ${min} to ${LONG_MAX}.`,
  });
}
