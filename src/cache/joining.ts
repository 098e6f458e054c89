import type { Asker } from "./asker.js";
import type { Core } from "./core.js";
import type { Flight } from "./flights.js";
import type { Resource } from "./resources.js";

/** True when what the flight finds may be given to the asker although another credential asks. */
export function isProven(core: Core, { resource: { subject } }: Flight, { caller }: Asker): boolean {
  return subject !== null && core.options.proofs.holdsHere(caller, subject);
}

/** One without a proof waits only for a call with his own credential: no other call proves his access. */
export function mayJoin(core: Core, flight: Flight, asker: Asker): boolean {
  return flight.credentialId === asker.caller.credentialId || isProven(core, flight, asker);
}

/** True when somebody looks for it already whom the asker may wait for; `except` does not count. */
export function isUnderWay(core: Core, resource: Resource<unknown>, asker: Asker, except?: Flight): boolean {
  return core.board.of(resource).some((flight) => flight !== except && mayJoin(core, flight, asker));
}
