import { type DestinationStream, pino } from "pino";

const STDOUT = 1;
/** Unnoticed by whoever reads along. */
const GATHER_MS = 10;
/** More leaves at once. */
const GATHER_CHARACTERS = 8_192;

/** Where log lines go; a fatal one is written at once, with all before it. */
export interface LogDestination extends DestinationStream {
  flushSync(): void;
}

export interface LogDestinationOptions {
  /** Writes in another thread, one write after the other. Default: stdout. */
  file?: LogDestination;
  /** Has written what it is given when it returns. Default: stdout. */
  fileAtOnce?: DestinationStream;
}

/**
 * Lines go to the file together, at most 10 ms later: each write wakes another thread, which costs as much as the rest of what is logged of
 * a creation. (pino's destination gathers too, but measures all that it has gathered anew with each line.) Whatever ends the process in an
 * orderly way, nothing is lost.
 */
export function createLogDestination(options: LogDestinationOptions = {}): LogDestination {
  const { file = pino.destination({ dest: STDOUT, sync: false }) } = options;
  const { fileAtOnce = pino.destination({ dest: STDOUT, sync: true }) } = options;
  let gathered = "";
  let isLeaveDue = false;

  function leaveBy(way: DestinationStream): void {
    if (gathered === "") return;
    const lines = gathered;
    gathered = "";
    way.write(lines);
  }

  function leaveInTime(): void {
    isLeaveDue = false;
    leaveBy(file);
  }

  function flushSync(): void {
    file.flushSync();
    leaveBy(fileAtOnce);
  }

  process.prependListener("exit", flushSync);
  return {
    write(line) {
      gathered += line;
      if (gathered.length >= GATHER_CHARACTERS) leaveBy(file);
      if (isLeaveDue) return;
      isLeaveDue = true;
      setTimeout(leaveInTime, GATHER_MS);
    },
    flushSync,
  };
}
