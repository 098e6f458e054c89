import { LRUCache } from "lru-cache";
import { Answer, type AnswerParts } from "./answer.js";
import type { Posted } from "./posted.js";

const MEBIBYTE = 1024 * 1024;

/** Whole answers to queries, given again without executing them while everything that they were made from holds. */
export interface AnswerCache {
  /** The answer to the same query of the same caller, while it is true. */
  find(posted: Posted): Answer | undefined;
  /** Keeps the answer to a query that has just been executed without an error. */
  keep(posted: Posted, parts: AnswerParts): void;
}

/** All that an answer depends on. */
function keyOf({ caller: { projectId, credentialId }, form, body }: Posted): string {
  return `${projectId}\n${credentialId}\n${form}\n${body.toString("latin1")}`;
}

/** @param maxBytes bound of the answers held, in bytes */
export function createAnswerCache(maxBytes = 32 * MEBIBYTE): AnswerCache {
  const answers = new LRUCache<string, Answer>({ maxSize: maxBytes });

  return {
    // One that is not true at the moment stays: it is again while somebody fetches what has come to its end, and is replaced then.
    find(posted) {
      const answer = answers.get(keyOf(posted));
      return answer?.isStillTrue() ? answer : undefined;
    },

    keep(posted, parts) {
      if (!parts.ingredients.hold()) return;
      const key = keyOf(posted);
      const answer = new Answer(parts);
      answers.set(key, answer, { size: key.length + answer.size });
    },
  };
}
