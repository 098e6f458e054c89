import * as fc from "fast-check";

export const REPLICAS = 3;

type Simple = "change" | "empty" | "upstreamDown" | "upstreamUp" | "loseWakes" | "keepWakes" | "create";
type OfReplica = "storeDown" | "storeMute" | "storeUp" | "emptyWhileDown" | "crash";
type OfClient = "disconnect" | "stopReading" | "readOn";

export type Action =
  | { do: Simple }
  | { do: "pass" | "pollsTake"; ms: number }
  | { do: OfReplica; replica: number }
  | { do: "connect"; client: number; replica: number }
  | { do: OfClient; client: number };

type Arbitraries = { weight: number; arbitrary: fc.Arbitrary<Action> }[];

function simple(...names: Simple[]) {
  return fc.constantFrom(...names).map((name): Action => ({ do: name }));
}

function withReplica(names: readonly OfReplica[], replicas: readonly number[]) {
  return fc.record({ do: fc.constantFrom(...names), replica: fc.constantFrom(...replicas) });
}

function withClient(names: readonly OfClient[], clients: readonly number[]) {
  return fc.record({ do: fc.constantFrom(...names), client: fc.constantFrom(...clients) });
}

function connecting(clients: readonly number[]) {
  const replica = fc.nat(REPLICAS - 1);
  return fc.record({ do: fc.constant("connect" as const), client: fc.constantFrom(...clients), replica });
}

function lasting(name: "pass" | "pollsTake", min: number, max: number) {
  return fc.record({ do: fc.constant(name), ms: fc.integer({ min, max }) });
}

const ordinary: Arbitraries = [
  { weight: 10, arbitrary: simple("change") },
  { weight: 8, arbitrary: lasting("pass", 1, 400) },
  { weight: 3, arbitrary: lasting("pass", 400, 8_000) },
  { weight: 2, arbitrary: lasting("pollsTake", 0, 4_000) },
  { weight: 3, arbitrary: simple("upstreamDown", "upstreamUp", "loseWakes", "keepWakes", "create") },
];
export const everybody = [0, 1, 2, 3];

/** Everything that can go wrong. */
export const anything: fc.Arbitrary<Action> = fc.oneof(
  ...ordinary,
  { weight: 5, arbitrary: connecting(everybody) },
  { weight: 3, arbitrary: withClient(["disconnect", "stopReading", "readOn"], everybody) },
  { weight: 5, arbitrary: withReplica(["storeDown", "storeMute", "storeUp", "storeUp", "crash"], [0, 1, 2]) },
  { weight: 3, arbitrary: withReplica(["emptyWhileDown"], [0, 1, 2]) },
  { weight: 2, arbitrary: simple("empty") },
);

/** What can go wrong while the store stands and client 0 stays on replica 0. */
export const bearable: fc.Arbitrary<Action> = fc.oneof(
  ...ordinary,
  { weight: 8, arbitrary: connecting([1, 2, 3]) },
  { weight: 4, arbitrary: withClient(["disconnect", "stopReading", "readOn"], [1, 2, 3]) },
  { weight: 2, arbitrary: withReplica(["crash"], [1, 2]) },
);

/** What happens to clients that come and go while everything works. */
export const coming: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: simple("change") },
  { weight: 6, arbitrary: lasting("pass", 200, 1_500) },
  { weight: 4, arbitrary: connecting(everybody) },
  { weight: 8, arbitrary: withClient(["disconnect"], everybody) },
);
