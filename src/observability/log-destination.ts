import { type DestinationStream, pino } from "pino";

const STDOUT = 1;
/** Unnoticed by whoever reads along. */
const GATHER_MS = 10;
/** More leaves at once. */
const GATHER_BYTES = 16_384;
/** Of a character in UTF-8, by its length in UTF-16. */
const MOST_BYTES = 3;

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
 * a creation. (pino's destination gathers too, but measures all that it has gathered anew with each line.) They are gathered as bytes: a line is
 * made of some twenty pieces, which V8 puts together only when it has to, and faster while they are at hand. Whatever ends the process in
 * an orderly way, nothing is lost.
 */
export function createLogDestination(options: LogDestinationOptions = {}): LogDestination {
  const { file = pino.destination({ dest: STDOUT, sync: false }) } = options;
  const { fileAtOnce = pino.destination({ dest: STDOUT, sync: true }) } = options;
  const gathered = Buffer.allocUnsafe(GATHER_BYTES);
  let length = 0;
  let isLeaveDue = false;

  function leaveBy(way: DestinationStream): void {
    if (length === 0) return;
    const lines = gathered.toString("utf8", 0, length);
    length = 0;
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
      const mostBytes = line.length * MOST_BYTES;
      if (length + mostBytes > GATHER_BYTES) leaveBy(file);
      if (mostBytes > GATHER_BYTES) {
        file.write(line);
        return;
      }
      length += gathered.write(line, length);
      if (isLeaveDue) return;
      isLeaveDue = true;
      setTimeout(leaveInTime, GATHER_MS);
    },
    flushSync,
  };
}
