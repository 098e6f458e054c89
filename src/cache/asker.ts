import type { LookupRequest } from "../ports.js";
import type { Trail } from "./ingredients.js";

/** Who asks, within which operation. */
export interface Asker extends Omit<LookupRequest, "signal"> {
  signal: LookupRequest["signal"] | undefined;
  /** Where lookups note what they gave. */
  trail: Pick<Trail, "note" | "notRepeatable" | "ingredients">;
  /** Taken when the operation arrived: see Fences. */
  arrived: number;
}
