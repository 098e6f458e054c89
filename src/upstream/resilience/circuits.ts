import { LRUCache } from "lru-cache";
import type { Logger } from "../../observability/logger.js";
import type { CircuitState, RouteGroup, UpstreamEvents } from "../events.js";
import { Circuit } from "./circuit.js";

/** The circuits of so many projects are remembered: those least recently used are forgotten, which closes them. */
const MAX_PROJECTS = 1_000;

export interface CircuitsOptions {
  now: () => number;
  log: Logger;
  events: Pick<UpstreamEvents, "circuit">;
  maxProjects?: number;
}

/** One circuit per project and group of routes. */
export class Circuits {
  readonly #byProject: LRUCache<string, Map<RouteGroup, Circuit>>;

  constructor(private readonly options: CircuitsOptions) {
    this.#byProject = new LRUCache({ max: options.maxProjects ?? MAX_PROJECTS });
  }

  of(projectId: string, group: RouteGroup): Circuit {
    let circuits = this.#byProject.get(projectId);
    if (circuits === undefined) {
      circuits = new Map();
      this.#byProject.set(projectId, circuits);
    }
    let circuit = circuits.get(group);
    if (circuit === undefined) {
      circuit = new Circuit(this.options.now, (state) => this.#changed(projectId, group, state));
      circuits.set(group, circuit);
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
