import { GraphQLScalarType } from "graphql";
import { isoInstant } from "../domain/index.js";
import { GatewayError } from "../errors.js";

/** Greatest distance from the epoch, in milliseconds, that a Date can hold. */
const MAX_DATE_MS = 8.64e15;

/** Milliseconds since the epoch, as ISO-8601 in UTC. */
export const DateTime = new GraphQLScalarType<number, string>({
  name: "DateTime",
  description: "ISO-8601 UTC instant, millisecond precision, for instance `2018-04-20T02:06:30.635Z`.",
  serialize: (value) => {
    const time = Number(value);
    if (Math.abs(time) <= MAX_DATE_MS) return isoInstant(time);
    throw new GatewayError("UPSTREAM_INVALID_RESPONSE", "The upstream gave a time that is none.");
  },
});

/** A 64-bit integer held as decimal digits. */
export const BigIntScalar = new GraphQLScalarType<string, number | string>({
  name: "BigInt",
  description:
    "64-bit integer; a JSON number while it is exact in one (up to 2^53 - 1), else a string of digits.",
  serialize: (value) => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  },
});

/** Whatever the upstream wrote. */
export const Json = new GraphQLScalarType({
  name: "JSON",
  description: "Any JSON value; keys inside it are the upstream's own.",
});
