import { LRUCache } from "lru-cache";
import { Answer, type AnswerParts } from "./answer.js";
import { fingerprint } from "./fingerprint.js";
import type { Posted } from "./posted.js";

const MEBIBYTE = 1024 * 1024;

/** Whole answers to queries, given again without executing them while everything that they were made from holds. */
export interface AnswerCache {
  /** The answer to the same query of the same caller, while it is true. */
  find(posted: Posted): Answer | undefined;
  /** Keeps the answer to a query that has just been executed without an error. */
  keep(posted: Posted, parts: AnswerParts): void;
}

export interface AnswerCacheOptions {
  /** Bound of the answers held, in bytes (32 MiB unless told). */
  maxBytes?: number;
  /** Differs for most requests of different content. */
  keyOf?: (posted: Posted) => number;
}

/** Makes an empty one; the answers used least recently go first. */
export function createAnswerCache(options: AnswerCacheOptions = {}): AnswerCache {
  const { maxBytes = 32 * MEBIBYTE, keyOf = fingerprint } = options;
  // Of two requests that share a fingerprint, the later one's is kept.
  const answers = new LRUCache<number, Answer>({ maxSize: maxBytes });

  return {
    // One that is not true at the moment stays: it is again while somebody fetches what has come to its end, and is replaced then.
    find(posted) {
      const answer = answers.get(keyOf(posted));
      return answer?.isTo(posted) && answer.isStillTrue() ? answer : undefined;
    },

    keep(posted, parts) {
      if (!parts.ingredients.hold()) return;
      const answer = new Answer(posted, parts);
      answers.set(keyOf(posted), answer, { size: answer.size });
    },
  };
}
