import { randomBytes } from "node:crypto";

/**
 * Returns a maker of names that nobody else makes: a random one of the maker's own, and a number. Where many are needed it is a
 * fraction of the work of a UUID each. A name tells how many came before it.
 */
export function createNames(): () => string {
  const own = randomBytes(12).toString("base64url");
  let made = 0;
  return () => {
    made += 1;
    return `${own}.${made}`;
  };
}
