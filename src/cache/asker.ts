import type { LookupRequest } from "../ports.js";

/** Who asks, within which operation. */
export interface Asker extends LookupRequest {
  /** Taken when the operation arrived: see Fences. */
  arrived: number;
}
