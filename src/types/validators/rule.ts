import { registerDecorator, type ValidationOptions } from "class-validator";

/** What a custom rule needs to decide: the value, the object it is a field of, and that field's name. */
export interface RuleCheck<Owner extends object> {
  holds(value: unknown, owner: Owner, field: string): boolean;
  /** What would be right; never echoes the value. */
  message(value: unknown, owner: Owner, field: string): string;
}

/**
 * A property decorator for a rule that class-validator does not bring. Its name is the rule's, as reported in
 * `violations[].rule`. It runs for values that were left out as well, since some rules are about absence.
 */
export function ruleDecorator<Owner extends object>(
  rule: string,
  check: RuleCheck<Owner>,
): PropertyDecorator {
  return (target, property) => {
    const field = String(property);
    registerDecorator({
      name: rule,
      target: target.constructor,
      propertyName: field,
      validator: {
        validate: (value, args) => check.holds(value, args?.object as Owner, field),
        defaultMessage: (args) => check.message(args?.value, args?.object as Owner, field),
      },
    });
  };
}

/** Options that make a standard validator report under a rule's name. */
export function asRule(rule: string, message: string): ValidationOptions {
  return { message, context: { rule } };
}

/** `null` counts as left out. */
export function isGiven<T>(value: T): value is NonNullable<T> {
  return value !== null && value !== undefined;
}
