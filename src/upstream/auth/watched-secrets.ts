import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../../clock.js";
import type { Secret } from "../../config/index.js";
import type { Logger } from "../../observability/logger.js";

export interface WatchedSecretOptions {
  clock: Pick<Clock, "now">;
  log: Logger;
}

/** The values of secrets that belong together. It is another object exactly when a value is another. */
export type SecretValues<Name extends string> = Readonly<Record<Name, string>>;

/** How often the files are looked at, at most. */
const CHECK_INTERVAL_MS = 2_000;

/** A file's content as last seen. */
interface Watched<Name extends string> {
  name: Name;
  file: string;
  /** Tells whether the file is another one or has changed; symbolic links are followed, as Kubernetes replaces them. */
  fingerprint: string | undefined;
  /** Its being unusable has been logged. */
  warned: boolean;
}

/**
 * Secrets that are read anew when their files change, looked at while somebody uses them and at most every two seconds.
 * Nobody waits for that: who asks meanwhile gets the last good values. A file that is missing, empty or holds what none
 * of its kind does changes nothing, and is warned about once.
 */
export class WatchedSecrets<Name extends string> {
  #values: SecretValues<Name>;
  readonly #watched: Watched<Name>[];
  #nextCheckAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;

  constructor(
    secrets: Record<Name, Secret>,
    private readonly options: WatchedSecretOptions,
    private readonly accepts: (name: Name, text: string) => boolean = () => true,
  ) {
    const entries = Object.entries<Secret>(secrets) as [Name, Secret][];
    this.#values = Object.fromEntries(
      entries.map(([name, { value }]) => [name, value]),
    ) as SecretValues<Name>;
    this.#watched = entries.flatMap(([name, { file }]) =>
      file === undefined ? [] : [{ name, file, fingerprint: undefined, warned: false }],
    );
  }

  /** The last good values. */
  current(): SecretValues<Name> {
    if (this.#watched.length > 0 && this.options.clock.now() >= this.#nextCheckAt) void this.#check();
    return this.#values;
  }

  /** The values after a look at the files. */
  async refreshed(): Promise<SecretValues<Name>> {
    if (this.#watched.length > 0) await this.#check();
    return this.#values;
  }

  #check(): Promise<void> {
    this.#checking ??= this.#readChanged().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #readChanged(): Promise<void> {
    this.#nextCheckAt = this.options.clock.now() + CHECK_INTERVAL_MS;
    const read = await Promise.all(this.#watched.map((watched) => this.#readIfChanged(watched)));
    const changed = read.filter((entry) => entry !== undefined && this.#values[entry[0]] !== entry[1]);
    if (changed.length === 0) return;
    // All at once: an access key never goes with the secret of another.
    this.#values = { ...this.#values, ...Object.fromEntries(changed as [Name, string][]) };
    this.options.log.info({ event: "secret_files_read" }, "Secrets have changed in their files: using them.");
  }

  async #readIfChanged(watched: Watched<Name>): Promise<[Name, string] | undefined> {
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(watched.file);
      const fingerprint = [ino, size, mtimeMs, ctimeMs].join();
      if (fingerprint === watched.fingerprint) return undefined;
      const text = (await readFile(watched.file, "utf8")).trim();
      if (text === "") return this.#warn(watched, "empty");
      if (!this.accepts(watched.name, text)) return this.#warn(watched, "characters that none has");
      watched.fingerprint = fingerprint;
      watched.warned = false;
      return [watched.name, text];
    } catch (error) {
      return this.#warn(watched, (error as NodeJS.ErrnoException).code ?? "unreadable");
    }
  }

  #warn(watched: Watched<Name>, reason: string): undefined {
    // Whatever comes back may look like what was there before.
    watched.fingerprint = undefined;
    if (watched.warned) return;
    watched.warned = true;
    this.options.log.warn(
      { event: "secret_file_unusable", file: watched.file, reason },
      "A secret cannot be read from its file (any more): its last value stays in use.",
    );
  }
}
