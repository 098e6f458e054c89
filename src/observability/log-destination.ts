import { type DestinationStream, pino } from "pino";

/** Where log lines go; a fatal one is written at once. */
export interface LogDestination extends DestinationStream {
  /** Writes what is not written yet. */
  flushSync(): void;
}

const STDOUT = 1;
/** Unnoticed by whoever reads along. */
const GATHER_MS = 10;

/**
 * A file to which lines go together, at most so much later: each write wakes another thread, which costs as much as the rest of what is
 * logged of a creation. Whatever ends the process in an orderly way, nothing is lost.
 */
export function createLogDestination(file: LogDestination = pino.destination(STDOUT)): LogDestination {
  let lines = "";

  function handOn(): void {
    const text = lines;
    lines = "";
    if (text !== "") file.write(text);
  }

  function flushSync(): void {
    handOn();
    file.flushSync();
  }

  process.once("exit", flushSync);
  return {
    write(line) {
      if (lines === "") setTimeout(handOn, GATHER_MS).unref();
      lines += line;
    },
    flushSync,
  };
}
