/**
 * The format of everything that is kept of creations in Redis, written before each value. The names of the keys carry no
 * number: a release that looked elsewhere would find a key free that another one holds, and create a second version.
 * Raise it with any change of a record, of how a fingerprint is made, or of what an owner is; how a key's name is made
 * must stay.
 */
const FORMAT = "1:";

/** A value in Redis of another release's format, or damaged: nobody can tell what it says. */
export class UnreadableRecord extends Error {
  override readonly name = "UnreadableRecord";

  /** @param redisKey where it is: hashes and ids, never what a caller sent */
  constructor(readonly redisKey: string) {
    super("A value in Redis is of another format");
  }
}

/** The value as it is written. */
export function inFormat(text: string): string {
  return FORMAT + text;
}

/** What {@link inFormat} was given; throws {@link UnreadableRecord} for anything else. */
export function readFormat(value: string, redisKey: string): string {
  if (!value.startsWith(FORMAT)) throw new UnreadableRecord(redisKey);
  return value.slice(FORMAT.length);
}
