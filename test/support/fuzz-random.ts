/** Chance that can be repeated: the same seed makes the same choices. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  /** True with this probability (0 to 1). */
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  pick<T>(choices: readonly T[]): T | undefined;
  /** A number of its own for another stream of choices. */
  fork(): Random;
}

/** mulberry32: small, fast, and good enough to choose by. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const int = (below: number) => Math.floor(next() * below);
  return {
    seed,
    int,
    chance: (probability) => next() < probability,
    pick: <T>(choices: readonly T[]) => choices[int(choices.length)] as T,
    fork: () => createRandom(int(2 ** 31)),
  };
}

const DEFAULT_SEED = 20_261_125;

/** The same choices in each run; `FUZZ_SEED` makes others: a number, or `any` for new ones each time. The seed is printed. */
export function fuzzRandom(what: string): Random {
  const { FUZZ_SEED = DEFAULT_SEED } = process.env;
  const seed = FUZZ_SEED === "any" ? Math.floor(Math.random() * 2 ** 31) + 1 : Number(FUZZ_SEED);
  if (!Number.isInteger(seed)) throw new Error("FUZZ_SEED must be a whole number, or any");
  console.log(`Fuzzing ${what}: repeat with FUZZ_SEED=${seed}`);
  return createRandom(seed);
}

/** How long one fuzz test goes on at most: `FUZZ_MS`, 4 s unless told. */
export const FUZZ_MS = Number(process.env.FUZZ_MS) || 4_000;

/** Texts on which programs stumble. */
export const ODD_TEXTS = [
  "",
  " ",
  "0",
  "-1",
  "1e400",
  "NaN",
  "null",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "%00%2e%2e/",
  "a\u0000b",
  "\ud800",
  "𝒳".repeat(200),
  "x".repeat(2_000),
  "{{7*7}}",
  "'; --",
  "<script>alert(1)</script>",
  "\r\nX-Injected: 1",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551616",
  "2026-02-30T25:61:61Z",
] as const satisfies readonly [string, ...string[]];

/** Values of every kind of JSON, odd ones among them. */
export function oddValue(random: Random, depth = 2): unknown {
  switch (random.int(depth > 0 ? 9 : 7)) {
    case 0:
      return random.pick(ODD_TEXTS);
    case 1:
      return random.pick([0, -1, 1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308]);
    case 2:
      return null;
    case 3:
      return random.chance(0.5);
    case 4:
      return String(random.int(100_000));
    case 5:
      return random.int(1_000);
    case 6:
      return undefined;
    case 7:
      return Array.from({ length: random.int(4) }, () => oddValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.int(4) }, () => [
          random.pick(["query", "id", "jobId", "status", "__proto__", "constructor", "length", "is_success"]),
          oddValue(random, depth - 1),
        ]),
      );
  }
}

/** The bytes with some of them flipped, left out, doubled, moved or put in. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let mutated = Buffer.from(bytes);
  for (let left = 1 + random.int(3); left > 0; left -= 1) {
    const at = random.int(mutated.length + 1);
    const to = Math.min(mutated.length, at + random.int(random.chance(0.8) ? 8 : 400));
    const before = mutated.subarray(0, at);
    const [middle, after] = [mutated.subarray(at, to), mutated.subarray(to)];
    const noise = Buffer.from(Array.from({ length: 1 + random.int(6) }, () => random.int(256)));
    const syntax = Buffer.from(
      random.pick(['"', "{", "}", "[", "]", ":", ",", "null", "1e999", "\\u0000", "\n"]),
    );
    mutated = random.pick([
      () => Buffer.concat([before, after]),
      () => Buffer.concat([before, middle, middle, after]),
      () => Buffer.concat([before, noise, after]),
      () => Buffer.concat([before, syntax, after]),
      () => Buffer.concat([after, before]),
      () => Buffer.from(before),
    ] as const)();
  }
  return mutated;
}
