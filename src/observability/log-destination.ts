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

/** When the process exits, it writes what it was given by then. */
function stdout(): LogDestination {
  return pino.destination({ dest: STDOUT, sync: false });
}

/**
 * Lines go to the file together, at most 10 ms later: each write wakes another thread, which costs as much as the rest of what is logged of
 * a creation. (pino's destination gathers too, but measures all that it has gathered anew with each line.) Whatever ends the process in an
 * orderly way, nothing is lost.
 */
export function createLogDestination(file: LogDestination = stdout()): LogDestination {
  let gathered = "";
  let isHandOverDue = false;

  function handOver(): void {
    if (gathered === "") return;
    const lines = gathered;
    gathered = "";
    file.write(lines);
  }

  function handOverInTime(): void {
    isHandOverDue = false;
    handOver();
  }

  process.prependListener("exit", handOver);
  return {
    write(line) {
      gathered += line;
      if (gathered.length >= GATHER_CHARACTERS) handOver();
      if (isHandOverDue) return;
      isHandOverDue = true;
      setTimeout(handOverInTime, GATHER_MS);
    },
    flushSync() {
      handOver();
      file.flushSync();
    },
  };
}
