import { Matches } from "class-validator";
import { asRule } from "./rule.js";

/** Rule `idempotency-key`: 1 to 128 visible ASCII characters. */
export function IdempotencyKey(): PropertyDecorator {
  return Matches(
    /^[\x21-\x7e]{1,128}$/,
    asRule("idempotency-key", "Give 1 to 128 visible ASCII characters (no spaces)."),
  );
}
