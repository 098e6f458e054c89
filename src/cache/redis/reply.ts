/** What a script answered with several values. Throws when it answered with something else. */
export function texts(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw new Error("Redis answered a script with something unexpected");
  return reply.map(String);
}
