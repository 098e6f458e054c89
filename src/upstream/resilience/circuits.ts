import { LRUCache } from "lru-cache";
import type { Logger } from "../../observability/logger.js";
import type { CircuitState, RouteGroup, UpstreamEvents } from "../events.js";
import { Circuit } from "./circuit.js";

/** So many circuits are remembered: those least recently used are forgotten, which closes them. */
const MAX_CIRCUITS = 3_000;

export interface CircuitsOptions {
  now: () => number;
  log: Logger;
  events: Pick<UpstreamEvents, "circuit">;
  max?: number;
}

/** One circuit per project and group of routes. */
export class Circuits {
  readonly #circuits: LRUCache<string, Circuit>;

  constructor(private readonly options: CircuitsOptions) {
    this.#circuits = new LRUCache({ max: options.max ?? MAX_CIRCUITS });
  }

  of(projectId: string, group: RouteGroup): Circuit {
    const key = `${group}:${projectId}`;
    let circuit = this.#circuits.get(key);
    if (!circuit) {
      circuit = new Circuit(this.options.now, (state) => this.#changed(projectId, group, state));
      this.#circuits.set(key, circuit);
    }
    return circuit;
  }

  #changed(projectId: string, group: RouteGroup, state: CircuitState): void {
    this.options.events.circuit(group, state);
    const level = state === "open" ? "warn" : "info";
    this.options.log[level](
      { event: "upstream_circuit_changed", projectId, group, state },
      `The circuit to the upstream is ${state}.`,
    );
  }
}
