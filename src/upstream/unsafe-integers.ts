/** Every integer with fewer digits is exact in a JavaScript number. */
const LONG = 16;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

const isDigit = (code: number) => code >= ZERO && code <= NINE;

/** Whether 16 digits stand in a row. One of any 16 characters in a row has an index divisible by 16: the others need no look. */
function hasLongNumber(json: string): boolean {
  for (let index = 0; index < json.length; index += LONG) {
    if (!isDigit(json.charCodeAt(index))) continue;
    let from = index;
    let to = index + 1;
    while (isDigit(json.charCodeAt(from - 1))) from -= 1;
    while (isDigit(json.charCodeAt(to))) to += 1;
    if (to - from >= LONG) return true;
  }
  return false;
}

/** Where the string that begins at `start` is over; beyond the end where it is not. */
function endOfString(json: string, start: number): number {
  let index = start + 1;
  while (index < json.length) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    index += code === BACKSLASH ? 2 : 1;
  }
  return index;
}

/** Digits and what can stand between them in a number: `-`, `+`, `.`, `e`, `E`. */
function belongsToNumber(code: number): boolean {
  return isDigit(code) || code === MINUS || code === 0x2b || code === 0x2e || code === 0x65 || code === 0x45;
}

function endOfNumber(json: string, start: number): number {
  let index = start + 1;
  while (belongsToNumber(json.charCodeAt(index))) index += 1;
  return index;
}

/** Where a name has to stand, a number is no JSON, and stays none. */
function isBeforeColon(json: string, end: number): boolean {
  let index = end;
  while (json.charCodeAt(index) <= SPACE) index += 1;
  return json.charCodeAt(index) === COLON;
}

/** An integer that a JavaScript number does not hold exactly. */
function isUnsafe(json: string, start: number, end: number): boolean {
  if (end - start < LONG || !/^-?[1-9]/.test(json.slice(start, start + 2))) return false;
  if (/[^\d]/.test(json.slice(start + 1, end))) return false;
  return !Number.isSafeInteger(Number(json.slice(start, end))) && !isBeforeColon(json, end);
}

/** The same JSON with quotes around each integer that a JavaScript number does not hold exactly. Text that is no JSON stays none. */
export function quoteUnsafeIntegers(json: string): string {
  if (!hasLongNumber(json)) return json;
  let quoted = "";
  let taken = 0;
  let index = 0;
  while (index < json.length) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(json, index);
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(json, index);
      if (isUnsafe(json, index, end)) {
        quoted += `${json.slice(taken, index)}"${json.slice(index, end)}"`;
        taken = end;
      }
      index = end;
    } else {
      index += 1;
    }
  }
  return quoted + json.slice(taken);
}
