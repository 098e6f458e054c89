import { type DestinationStream, pino } from "pino";

/** Where log lines go; a fatal one is written at once. */
export interface LogDestination extends DestinationStream {
  /** Writes what is not written yet. */
  flushSync(): void;
}

const STDOUT = 1;

/**
 * A file to which the lines of one turn of the event loop go in one write: each write wakes another thread, which costs as much
 * as the rest of what is logged of a creation. Whatever ends the process in an orderly way, nothing is lost.
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
      if (lines === "") setImmediate(handOn);
      lines += line;
    },
    flushSync,
  };
}
