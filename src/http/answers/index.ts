export { type AnswerCache, createAnswerCache } from "./answer-cache.js";
