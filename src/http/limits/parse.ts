import { type DocumentNode, Lexer, parse, Source, TokenKind } from "graphql";
import type { GatewayError } from "../../errors.js";
import { limitError } from "./limit-error.js";

/** A document with more lexical tokens is refused before it is parsed to its end. */
export const MAX_TOKENS = 10_000;

const OPENING: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L]);
const CLOSING: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R]);

/** Counts tokens and nested braces and brackets, up to the end or to the first character that starts no token. */
function scan(source: string): { tokens: number; nesting: number } {
  const lexer = new Lexer(new Source(source));
  let tokens = 0;
  let open = 0;
  let nesting = 0;
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      tokens += 1;
      if (OPENING.has(token.kind)) nesting = Math.max(nesting, ++open);
      else if (CLOSING.has(token.kind)) open -= 1;
    }
  } catch {
    // What follows is no GraphQL: the parser says so where the limits do not.
  }
  return { tokens, nesting };
}

/**
 * The limit that a document which could not be parsed was beyond; undefined when it was merely malformed.
 *
 * @param error what the parser threw: a RangeError means that the nesting exhausted the stack
 */
export function explainParseFailure(
  source: string,
  error: unknown,
  maxDepth: number,
): GatewayError | undefined {
  const { tokens, nesting } = scan(source);
  if (tokens > MAX_TOKENS) return limitError("tokens", MAX_TOKENS, tokens);
  return error instanceof RangeError ? limitError("depth", maxDepth, nesting) : undefined;
}

/**
 * Parses a client's document.
 *
 * @throws GatewayError LIMIT_EXCEEDED beyond the limits, else the parser's own GraphQLError
 */
export function parseWithinLimits(source: string, maxDepth: number): DocumentNode {
  try {
    return parse(source, { maxTokens: MAX_TOKENS });
  } catch (error) {
    throw explainParseFailure(source, error, maxDepth) ?? error;
  }
}
