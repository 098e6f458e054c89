/** IAM tokens, keys and signatures are long runs of these; words, ids, paths and UUIDs are not. */
const LIKE_A_SECRET = /[A-Za-z0-9+=_-]{64,}/g;

/** A text that quotes a client, without what could be a credential that it put in the wrong place. */
export function hideSecrets(text: string): string {
  return text.replace(LIKE_A_SECRET, "[removed]");
}
