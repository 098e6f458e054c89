import { readFileSync } from "node:fs";
import { LONGEST_TIMER_MS } from "../clock.js";
import type { Secret } from "./secret.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** An environment that cannot be started with; its message has one line for each problem. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
  }
}

/** Reads typed values from an environment and collects every problem instead of stopping at the first. */
export class EnvReader {
  readonly problems: string[] = [];

  constructor(private readonly env: Environment) {}

  problem(text: string): void {
    this.problems.push(text);
  }

  /** A text; an empty one counts as not set. */
  text(name: string): string | undefined {
    const value = this.env[name]?.trim();
    return value === "" ? undefined : value;
  }

  /** A secret: `NAME`, or the content of the file that `NAME_FILE` names. Its value never appears in a problem. */
  secret(name: string): string | undefined {
    return this.secretSource(name)?.value;
  }

  /** The same for a secret that is read anew when its file changes. */
  secretSource(name: string): Secret | undefined {
    const direct = this.text(name);
    const file = this.text(`${name}_FILE`);
    if (direct !== undefined && file !== undefined)
      this.problem(`${name} and ${name}_FILE are both set: give one of them`);
    if (direct !== undefined) return { value: direct };
    return file === undefined ? undefined : this.#readSecret(name, file);
  }

  #readSecret(name: string, file: string): Secret | undefined {
    try {
      const value = readFileSync(file, "utf8").trim();
      if (value !== "") return { value, file };
      this.problem(`${name}_FILE: the file ${file} is empty`);
    } catch (error) {
      this.problem(
        `${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`,
      );
    }
    return undefined;
  }

  integer(name: string, fallback: number, range: { min: number; max?: number }): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const { min, max = Number.MAX_SAFE_INTEGER } = range;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const bounds = range.max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
    this.problem(`${name} is "${text}": it must be a whole number ${bounds}`);
    return fallback;
  }

  /** A duration that a timer counts, in milliseconds: at most 24.8 days, beyond which Node's timers run out at once. */
  duration(name: string, fallback: number, { min }: { min: number }): number {
    return this.integer(name, fallback, { min, max: LONGEST_TIMER_MS });
  }

  choice<T extends string>(name: string, fallback: T, choices: readonly T[]): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if ((choices as readonly string[]).includes(text)) return text as T;
    this.problem(`${name} is "${text}": it must be one of ${choices.join(", ")}`);
    return fallback;
  }

  flag(name: string): boolean {
    return this.choice(name, "false", ["true", "false"]) === "true";
  }

  /** A comma-separated list without empty items. */
  list(name: string): string[] {
    const items = this.text(name)?.split(",") ?? [];
    return items.map((item) => item.trim()).filter((item) => item !== "");
  }

  /** A list whose items must match; `expected` says what is right. */
  listOf(name: string, matches: (item: string) => boolean, expected: string): string[] {
    const items = this.list(name);
    for (const item of items) {
      if (!matches(item)) this.problem(`${name} holds "${item}": each item must be ${expected}`);
    }
    return items;
  }

  /** A text that must match; `expected` says what is right. */
  matching(name: string, matches: (text: string) => boolean, expected: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !matches(text)) this.problem(`${name} is "${text}": it must be ${expected}`);
    return text;
  }

  /** An absolute URL with one of the protocols. */
  url(name: string, value: string | undefined, protocols: readonly string[]): URL | undefined {
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url && protocols.includes(url.protocol) && url.hostname !== "") return url;
    this.problem(`${name} must be a URL that starts with ${protocols.map((p) => `${p}//`).join(" or ")}`);
    return undefined;
  }

  /** The base URL of a service, without a trailing slash. */
  baseUrl(name: string): string | undefined {
    const text = this.text(name);
    const url = this.url(name, text, ["http:", "https:"]);
    if (url && (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== ""))
      this.problem(`${name} must have no credentials, query or fragment`);
    return text?.replace(/\/+$/, "");
  }

  /** Throws a {@link ConfigurationError} when there was any problem. */
  throwOnProblems(): void {
    if (this.problems.length > 0) throw new ConfigurationError(this.problems);
  }
}
