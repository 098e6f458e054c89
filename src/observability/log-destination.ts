import { type DestinationStream, pino } from "pino";

const STDOUT = 1;
/** Unnoticed by whoever reads along. */
const GATHER_MS = 10;
/** More leaves at once; it must be less than 16 KiB. */
const GATHER_BYTES = 8_192;

/** Where log lines go; a fatal one is written at once, with all before it. */
export interface LogDestination extends DestinationStream {
  flushSync(): void;
}

/** A file that writes what it gathers when it is told to. */
export interface GatheringFile extends LogDestination {
  flush(): void;
}

function stdout(): GatheringFile {
  return pino.destination({ dest: STDOUT, sync: false, minLength: GATHER_BYTES });
}

/**
 * Lines go to the file together, at most 10 ms later: each write wakes another thread, which costs as much as the rest of what is logged of
 * a creation. Whatever ends the process in an orderly way, nothing is lost.
 */
export function createLogDestination(file: GatheringFile = stdout()): LogDestination {
  let isFlushDue = false;

  function flush(): void {
    isFlushDue = false;
    file.flush();
  }

  return {
    write(line) {
      file.write(line);
      if (isFlushDue) return;
      isFlushDue = true;
      setTimeout(flush, GATHER_MS);
    },
    flushSync: () => file.flushSync(),
  };
}
