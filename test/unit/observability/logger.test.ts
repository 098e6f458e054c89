import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { createLogDestination } from "../../../src/observability/log-destination.js";
import { createLogger } from "../../../src/observability/logger.js";
import { until } from "../../support/until.js";

function logged(level: string, write: (log: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = [];
  write(createLogger(level, { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

test("a line is one JSON object with level, time, event and message, and nothing of the machine", () => {
  const [line] = logged("info", (log) => log.info({ event: "listening", url: "http://x" }, "Listening"));
  expect(line).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    event: "listening",
    url: "http://x",
    msg: "Listening",
  });
});

test("lines below the level are left out", () => {
  const lines = logged("warn", (log) => {
    log.info("no");
    log.warn("yes");
  });
  expect(lines.map(({ msg }) => msg)).toEqual(["yes"]);
});

test("an error is logged by type, message and code, never with its stack or its cause", () => {
  const cause = new Error("inner words");
  const error = Object.assign(new TypeError("It broke", { cause }), { code: "E_BROKEN" });
  const [line, direct] = logged("info", (log) => {
    log.error({ event: "defect", err: error }, "Defect");
    log.error(error);
  });
  expect(line.err).toEqual({ type: "TypeError", message: "It broke", code: "E_BROKEN" });
  expect(direct.err).toEqual(line.err);
  expect(JSON.stringify([line, direct])).not.toMatch(/logger\.test|inner words/);
});

test("a gateway error is logged by its codes, without its message, which can quote the upstream", () => {
  const upstream = { status: 400, errorCode: "ModelArts.0104", errorMessage: "private words" };
  const error = new GatewayError("UPSTREAM_REJECTED", "It said: private words", { upstream });
  const [line] = logged("info", (log) => log.warn({ err: error }, "Refused"));
  expect(line.err).toEqual({
    type: "GatewayError",
    code: "UPSTREAM_REJECTED",
    upstreamStatus: 400,
    upstreamCode: "ModelArts.0104",
  });
});

test("what could be a token is taken out of an error's message, and a long message is cut", () => {
  const token = "MIIE".repeat(300);
  const [line] = logged("info", (log) =>
    log.error({ err: new Error(`bad header ${token}; ${"no ".repeat(400)}`) }),
  );
  expect(line.err.message).toMatch(/^bad header \[removed\]; no no/);
  expect(line.err.message).toHaveLength(500);
});

test("something thrown that is no error is told of by its type alone", () => {
  const [line] = logged("info", (log) => log.error({ err: "a secret text" }, "Thrown"));
  expect(line.err).toEqual({ type: "string" });
});

/** What a process that runs this script, with a `log` to stdout, has written when it has ended, and its exit code. */
function run(script: string): { messages: string[]; code: number | null } {
  const logger = new URL("../../../src/observability/logger.ts", import.meta.url);
  const source = `import { createLogger } from ${JSON.stringify(logger)}; const log = createLogger("info"); ${script}`;
  const options = ["--import", "@oxc-node/core/register", "--input-type=module", "--eval", source];
  const { stdout, status } = spawnSync(process.execPath, options, { encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { messages: lines.map((line) => JSON.parse(line).msg), code: status };
}

test("without a destination it writes to stdout, and lets the process end", () => {
  expect(run('log.info("Hello");')).toEqual({ messages: ["Hello"], code: 0 });
});

test("a process that has logged and then waited ends as others do", () => {
  expect(run('log.info("Hello"); setTimeout(() => {}, 50);')).toEqual({ messages: ["Hello"], code: 0 });
});

test.each([
  ["exit", 'log.info("First"); setTimeout(() => { log.info("Last"); process.exit(1); });'],
  ["an exception that nobody catches", 'log.info("First"); log.info("Last"); throw new Error("thrown");'],
  [
    "a fatal defect and SIGKILL",
    'log.info("First"); log.fatal("Last"); process.kill(process.pid, "SIGKILL");',
  ],
])("what was logged before the process ends by %s is written", (_by, script) => {
  // Not in order: a write may be under way in another thread when the last one is made.
  expect(run(script).messages.toSorted()).toEqual(["First", "Last"]);
});

/** A file, and the messages of the lines that each write to it held. */
function recordingFile() {
  const writes: string[][] = [];
  const messages = (lines: string) =>
    lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).msg);
  let given: string[] = [];
  const flush = () => {
    if (given.length > 0) writes.push(given);
    given = [];
  };
  const write = (lines: string) => void given.push(...messages(lines));
  return { writes, file: { write, flush, flushSync: flush } };
}

test("lines that follow one another leave in one write, in their order", async () => {
  const { writes, file } = recordingFile();
  const log = createLogger("info", createLogDestination(file));
  log.info("one");
  log.info("two");
  expect(writes).toEqual([]);
  await until("they are written", () => writes.length > 0);
  log.info("three");
  await until("that is written", () => writes.length > 1);
  expect(writes).toEqual([["one", "two"], ["three"]]);
});

test("many lines at a time leave without waiting, none of them twice", async () => {
  const { writes, file } = recordingFile();
  const log = createLogger("info", createLogDestination(file));
  const messages = Array.from({ length: 500 }, (_, number) => `line ${number}`);
  for (const message of messages) log.info(message);
  const atOnce = writes.length;
  log.fatal("last");
  expect(atOnce).toBeGreaterThan(1);
  expect(atOnce).toBeLessThan(messages.length / 10);
  expect(writes.flat()).toEqual([...messages, "last"]);
});
