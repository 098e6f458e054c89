/** A JSON value whose integers are bigints, so that 64-bit ids keep every digit. Decimals are numbers. */
export type Json = null | boolean | string | number | bigint | readonly Json[] | JsonObject;

/** A member that is undefined is left out when written. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** True for `{...}`, false for arrays and null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const WHITE_SPACE = /[ \t\n\r]*/y;
// Escapes and control characters are left to JSON.parse, which gets what this finds.
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const LITERALS: readonly [string, Json][] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
const MAX_DEPTH = 100;

class Parser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Json {
    const value = this.#value(0);
    this.#skipWhiteSpace();
    if (this.#position !== this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new SyntaxError(`JSON is nested deeper than ${MAX_DEPTH} levels`);
    this.#skipWhiteSpace();
    const next = this.#text[this.#position];
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#array(depth);
    if (next === '"') return this.#string();
    return this.#literalOrNumber();
  }

  #object(depth: number): JsonObject {
    const result: Record<string, Json> = Object.create(null);
    this.#position += 1;
    if (this.#take("}")) return result;
    do {
      this.#skipWhiteSpace();
      const key = this.#string();
      if (!this.#take(":")) throw this.#unexpected();
      result[key] = this.#value(depth + 1);
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#unexpected();
    return result;
  }

  #array(depth: number): Json[] {
    const result: Json[] = [];
    this.#position += 1;
    if (this.#take("]")) return result;
    do result.push(this.#value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected();
    return result;
  }

  #string(): string {
    return String(JSON.parse(this.#match(STRING)[0]));
  }

  #literalOrNumber(): Json {
    const literal = LITERALS.find(([word]) => this.#text.startsWith(word, this.#position));
    if (!literal) return this.#number();
    this.#position += literal[0].length;
    return literal[1];
  }

  #number(): number | bigint {
    const [text, fraction, exponent] = this.#match(NUMBER);
    return fraction === undefined && exponent === undefined ? BigInt(text) : Number(text);
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (!match) throw this.#unexpected();
    this.#position = pattern.lastIndex;
    return match;
  }

  #take(character: string): boolean {
    this.#skipWhiteSpace();
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #skipWhiteSpace(): void {
    this.#match(WHITE_SPACE);
  }

  #unexpected(): SyntaxError {
    const found = this.#text[this.#position];
    return new SyntaxError(
      found === undefined
        ? "JSON ends too early"
        : `unexpected ${JSON.stringify(found)} at position ${this.#position} of the JSON text`,
    );
  }
}

/**
 * Reads JSON (RFC 8259) without losing a digit of any integer.
 *
 * @throws SyntaxError that names the position
 */
export function parseJson(text: string): Json {
  return new Parser(text).parse();
}

// Most texts need no escaping; asking first is several times as fast as JSON.stringify for each of them.
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

const quoted = (text: string): string => (PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text));

function objectText(value: JsonObject): string {
  let members = "";
  for (const key in value) {
    const member = value[key];
    if (member !== undefined)
      members += `${members === "" ? "" : ","}${quoted(key)}:${stringifyJson(member)}`;
  }
  return `{${members}}`;
}

/** Writes JSON; a bigint becomes a bare integer. */
export function stringifyJson(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isJsonObject(value)) return objectText(value);
  return `[${value.map(stringifyJson).join(",")}]`;
}
