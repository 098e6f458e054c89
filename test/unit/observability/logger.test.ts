import { spawn, spawnSync } from "node:child_process";
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

/** What makes Node.js run this script with a `log` to stdout. */
function nodeOptions(script: string): string[] {
  const logger = new URL("../../../src/observability/logger.ts", import.meta.url);
  const source = `import { createLogger } from ${JSON.stringify(logger)}; const log = createLogger("info"); ${script}`;
  return ["--import", "@oxc-node/core/register", "--input-type=module", "--eval", source];
}

function start(script: string) {
  return spawn(process.execPath, nodeOptions(script), { stdio: ["ignore", "pipe", "inherit"] });
}

/** What such a process has written when it has ended, and its exit code. */
function run(script: string): { messages: string[]; code: number | null } {
  const { stdout, status } = spawnSync(process.execPath, nodeOptions(script), { encoding: "utf8" });
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
  const write = (lines: string) => void writes.push(messages(lines));
  return { writes, file: { write, flushSync() {} }, fileAtOnce: { write } };
}

test("every line arrives while the process lives, however many were logged at a time and however busy its threads are", async () => {
  const script = `
    const { pbkdf2 } = await import("node:crypto");
    for (let i = 0; i < 4; i++) pbkdf2("a", "b", 400_000, 64, "sha512", () => {});
    for (let line = 1; line < 400; line++) log.info({ filling: "x".repeat(200) }, String(line));
    setTimeout(() => log.info("400"), 50);
    setInterval(() => {}, 1_000);`;
  const child = start(script);
  let seen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
  });
  try {
    await until("the last line arrives", () => seen.split("\n").length > 400);
  } finally {
    child.kill("SIGKILL");
  }
  const numbers = seen
    .trim()
    .split("\n")
    .map((line) => Number(JSON.parse(line).msg));
  expect(numbers).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
});

test("lines that follow one another leave in one write, in their order", async () => {
  const { writes, ...files } = recordingFile();
  const log = createLogger("info", createLogDestination(files));
  log.info("one");
  log.info("two");
  expect(writes).toEqual([]);
  await until("they are written", () => writes.length > 0);
  log.info("three");
  await until("that is written", () => writes.length > 1);
  expect(writes).toEqual([["one", "two"], ["three"]]);
});

test("many lines at a time leave without waiting, none of them twice", async () => {
  const { writes, ...files } = recordingFile();
  const log = createLogger("info", createLogDestination(files));
  const messages = Array.from({ length: 500 }, (_, number) => `line ${number}`);
  for (const message of messages) log.info(message);
  const atOnce = writes.length;
  log.fatal("last");
  expect(atOnce).toBeGreaterThan(1);
  expect(atOnce).toBeLessThan(messages.length / 10);
  expect(writes.flat()).toEqual([...messages, "last"]);
});
