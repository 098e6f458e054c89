import { type ValidationError, validateSync } from "class-validator";
import { GatewayError, type Violation } from "../errors.js";
import { inDocumentOrder } from "./document-order.js";
import { shapeHolds } from "./shape-holds.js";

function ownViolations(error: ValidationError, path: string[]): Violation[] {
  return Object.entries(error.constraints ?? {}).map(([name, message]) => ({
    path,
    rule: error.contexts?.[name]?.rule ?? name,
    message,
  }));
}

function collect(errors: ValidationError[], parent: string[]): Violation[] {
  return errors.flatMap((error) => {
    const path = [...parent, error.property];
    return [...ownViolations(error, path), ...collect(error.children ?? [], path)];
  });
}

/** Every shape rule that the arguments break: those that can be told from the arguments alone. */
export function shapeViolations(args: object): Violation[] {
  if (shapeHolds(args)) return [];
  const errors = validateSync(args, {
    skipMissingProperties: false,
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  });
  return inDocumentOrder(collect(errors, []));
}

/** How many violations an error's message names; the others are counted. */
const NAMED = 10;

/** The error that reports broken rules. */
export function brokenRules(violations: readonly Violation[]): GatewayError {
  const named = violations.slice(0, NAMED).map(({ path, rule }) => `${path.join(".")} (${rule})`);
  const more = violations.length > NAMED ? `, and ${violations.length - NAMED} more` : "";
  const message = `The arguments break rules: ${named.join(", ")}${more}.`;
  return new GatewayError("BAD_USER_INPUT", message, { violations });
}

/** Throws BAD_USER_INPUT with every shape rule that the arguments break; returns them when there is none. */
export function checkArguments<Args extends object>(args: Args): Args {
  const violations = shapeViolations(args);
  if (violations.length > 0) throw brokenRules(violations);
  return args;
}
