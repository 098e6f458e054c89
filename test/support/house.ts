import type { SimulatorOptions } from "../../simulator/simulator.js";
import type { Environment } from "../../src/config/index.js";
import { type Gateway, startGateway } from "./gateway.js";
import { type GraphqlAnswer, type HeaderValues, post } from "./graphql-client.js";
import { startSimulator, type TestSimulator } from "./simulator.js";

/** A gateway in front of a simulator. */
export interface House extends AsyncDisposable {
  gateway: Gateway;
  simulator: TestSimulator;
  /** Sends an operation with a valid token and project; headers given override them, empty ones take them away. */
  send(query: string, variables?: Record<string, unknown>, headers?: HeaderValues): Promise<GraphqlAnswer>;
}

/** How the gateway reaches the simulator. */
export function environmentFor(simulator: TestSimulator, env: Environment = {}): Environment {
  return { MODELARTS_ENDPOINT: simulator.url, ...env };
}

export async function startHouse(env: Environment = {}, options: SimulatorOptions = {}): Promise<House> {
  const simulator = await startSimulator(options);
  const gateway = await startGateway(environmentFor(simulator, env));
  return {
    gateway,
    simulator,
    send: (query, variables = {}, headers = {}) =>
      post(gateway.url, { query, variables }, { ...simulator.headers, ...headers }),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await simulator.close();
    },
  };
}
