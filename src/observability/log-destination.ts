import { type DestinationStream, pino } from "pino";

const STDOUT = 1;
/** Unnoticed by whoever reads along. */
const GATHER_MS = 10;
/** More leaves at once. */
const GATHER_CHARACTERS = 8_192;
/** The most that pino lets its destination hold back; what is handed over here is shorter, and waits to be told to leave. */
const HELD_BACK_BYTES = 16_383;

/** Where log lines go; a fatal one is written at once, with all before it. */
export interface LogDestination extends DestinationStream {
  flushSync(): void;
}

/** A file that writes what it was given when it is told to. */
export interface PatientFile extends LogDestination {
  flush(): void;
}

/** When the process exits, it writes what it was given by then. */
function stdout(): PatientFile {
  return pino.destination({ dest: STDOUT, sync: false, minLength: HELD_BACK_BYTES });
}

/**
 * Lines go to the file together, at most 10 ms later: each write wakes another thread, which costs as much as the rest of what is logged of
 * a creation. (pino's destination gathers too, but measures all that it has gathered anew with each line.) Whatever ends the process in an
 * orderly way, nothing is lost.
 */
export function createLogDestination(file: PatientFile = stdout()): LogDestination {
  let gathered = "";
  let isLeaveDue = false;

  function handOver(): void {
    if (gathered === "") return;
    const lines = gathered;
    gathered = "";
    file.write(lines);
  }

  function leave(): void {
    handOver();
    file.flush();
  }

  function leaveInTime(): void {
    isLeaveDue = false;
    leave();
  }

  process.prependListener("exit", handOver);
  return {
    write(line) {
      gathered += line;
      if (gathered.length >= GATHER_CHARACTERS) leave();
      if (isLeaveDue) return;
      isLeaveDue = true;
      setTimeout(leaveInTime, GATHER_MS);
    },
    flushSync() {
      handOver();
      file.flushSync();
    },
  };
}
