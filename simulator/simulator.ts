import type { World } from "./api.js";
import { createAuthenticator } from "./auth/authenticate.js";
import type { AccessKey } from "./auth/signature.js";
import { TokenStore } from "./auth/tokens.js";
import type { IamUser } from "./auth/users.js";
import { type ClockOptions, createClock, type SimulatorClock } from "./clock.js";
import { createControl } from "./control/control.js";
import { FaultRegistry } from "./faults/registry.js";
import { Journal } from "./journal.js";
import { createRandom } from "./random.js";
import { DEMO_KEY, DEMO_USER, seedSimulator } from "./seed/seed.js";
import { startServer } from "./server.js";
import { type Pace, scaledPace } from "./store/lifecycle.js";
import { Store } from "./store/store.js";
import { Throttle, type ThrottleOptions } from "./throttle.js";
import type { Habits } from "./wire/habits.js";

export interface SimulatorOptions {
  /** 127.0.0.1 unless told. */
  host?: string;
  /** 0 (unless told) is any free port. */
  port?: number;
  clock?: ClockOptions;
  /** How fast versions live: 1 is about 20 s from INIT to COMPLETED, 10 is 2 s, 0 holds every new version at INIT. */
  timeScale?: number;
  /** Lengths of single phases at time scale 1, in ms. */
  pace?: Partial<Pace>;
  /** How answers are written; `mixed` unless told. */
  habits?: Habits;
  throttle?: ThrottleOptions;
  /** Decides everything that is left to chance. */
  seed?: number;
  /** False starts without projects and tokens. */
  seeded?: boolean;
  /** The id of the first job or version created; each later one is greater. 10001 unless told. */
  firstNewId?: bigint;
  accessKeys?: readonly AccessKey[];
  /** Who may log in to IAM. */
  users?: readonly IamUser[];
  /** The region that `otc` signatures must name; `eu-de` unless told. */
  region?: string;
  /** How many journal entries are kept; 10000 unless told. */
  journalCapacity?: number;
}

/** A running simulator. */
export interface Simulator {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  readonly accessKeys: readonly AccessKey[];
  readonly users: readonly IamUser[];
  readonly clock: SimulatorClock;
  readonly store: Store;
  readonly tokens: TokenStore;
  readonly faults: FaultRegistry;
  readonly throttle: Throttle;
  readonly journal: Journal;
  /** Changes how answers are written from now on. */
  setHabits(habits: Habits): void;
  /** Breaks all connections and refuses new ones until {@link resume}. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the simulated ModelArts service. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? "127.0.0.1";
  const seed = options.seed ?? 1;
  const region = options.region ?? "eu-de";
  const accessKeys = options.accessKeys ?? [DEMO_KEY];
  const users = options.users ?? [DEMO_USER];
  let habits = options.habits ?? "mixed";
  const clock = createClock(options.clock ?? { mode: "real" });
  const store = new Store({
    clock,
    pace: scaledPace(options.timeScale ?? 1, options.pace),
    firstNewId: options.firstNewId ?? 10_001n,
  });
  const tokens = new TokenStore(clock);
  if (options.seeded ?? true) seedSimulator(store, tokens, seed);
  const faults = new FaultRegistry(createRandom(seed));
  const throttle = new Throttle(clock, options.throttle);
  const journal = new Journal(options.journalCapacity ?? 10_000);
  const world: World = { store, tokens, users, habits: () => habits };
  const authenticator = createAuthenticator({ tokens, accessKeys, region, now: clock.now });
  const setHabits = (changed: Habits) => {
    habits = changed;
  };
  const controlled = { clock, store, tokens, faults, throttle, journal, setHabits };
  const server = await startServer(
    { world, authenticator, clock, faults, throttle, journal, control: createControl(controlled) },
    host,
    options.port ?? 0,
  );
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`,
    port: server.port,
    region,
    accessKeys,
    users,
    ...controlled,
    suspend: server.suspend,
    resume: server.resume,
    close: server.close,
  };
}
