import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WatchedSecrets } from "../../../src/upstream/auth/watched-secrets.js";
import { FakeClock } from "../../support/fake-clock.js";
import { until } from "../../support/until.js";

let directory: string;
let clock: FakeClock;
let lines: Record<string, unknown>[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gateway-secrets-"));
  clock = new FakeClock();
  lines = [];
});
afterEach(() => rm(directory, { recursive: true }));

const fileOf = (name: string) => join(directory, name);
const eventsOf = () => lines.map(({ event }) => event);

async function watch(accepts?: (name: string, text: string) => boolean) {
  const log = pino({ level: "debug" }, { write: (line) => lines.push(JSON.parse(line)) });
  await writeFile(fileOf("ak"), "ak-1\n");
  await writeFile(fileOf("sk"), "sk-1\n");
  const secrets = {
    ak: { value: "ak-1", file: fileOf("ak") },
    sk: { value: "sk-1", file: fileOf("sk") },
    fixed: { value: "fixed" },
  };
  return new WatchedSecrets(secrets, { clock, log }, accepts);
}

describe("secrets in files", () => {
  it("are the same object as long as they are the same, whatever happens to the files", async () => {
    const secrets = await watch();
    const before = secrets.current();
    expect(before).toEqual({ ak: "ak-1", sk: "sk-1", fixed: "fixed" });
    await writeFile(fileOf("ak"), "  ak-1  \n");
    expect(await secrets.refreshed()).toBe(before);
    expect(lines).toEqual([]);
  });

  it("change together, when a file is replaced or written into", async () => {
    const secrets = await watch();
    await writeFile(fileOf("ak.new"), "ak-2");
    await rename(fileOf("ak.new"), fileOf("ak"));
    await writeFile(fileOf("sk"), "sk-2");
    expect(await secrets.refreshed()).toEqual({ ak: "ak-2", sk: "sk-2", fixed: "fixed" });
    expect(eventsOf()).toEqual(["secret_files_read"]);
    expect(JSON.stringify(lines)).not.toMatch(/[as]k-2/);
  });

  it("are looked at every two seconds at most, and nobody waits for that", async () => {
    const secrets = await watch();
    const first = await secrets.refreshed();
    await writeFile(fileOf("ak"), "ak-2-longer");
    await clock.advance(1_999);
    expect(secrets.current()).toBe(first);
    await clock.advance(1);
    expect(secrets.current()).toBe(first);
    await until("the change is seen", () => secrets.current().ak === "ak-2-longer");
  });

  it.each([
    ["missing", () => rm(fileOf("ak")), "ENOENT"],
    ["empty", () => writeFile(fileOf("ak"), " \n"), "empty"],
    ["filled with something else", () => writeFile(fileOf("ak"), "ä key"), "characters that none has"],
  ])(
    "keep their last good value while a file is %s, which is warned about once each time",
    async (_, spoil, reason) => {
      const secrets = await watch((_name, text) => /^[\x21-\x7e]+$/.test(text));
      for (const round of [1, 2]) {
        const good = await secrets.refreshed();
        await spoil();
        for (let i = 0; i < 3; i++) expect(await secrets.refreshed()).toBe(good);
        const warnings = lines.filter(({ event }) => event === "secret_file_unusable");
        expect(warnings).toHaveLength(round);
        expect(warnings.at(-1)).toMatchObject({ level: 40, file: fileOf("ak"), reason });
        await writeFile(fileOf("ak"), `ak-after-${round}`);
        expect((await secrets.refreshed()).ak).toBe(`ak-after-${round}`);
      }
    },
  );

  it("are not looked for when the environment holds them", async () => {
    const log = pino({ level: "debug" }, { write: (line) => lines.push(JSON.parse(line)) });
    const secrets = new WatchedSecrets({ token: { value: "t" } }, { clock, log });
    expect(await secrets.refreshed()).toBe(secrets.current());
    expect(lines).toEqual([]);
  });
});
