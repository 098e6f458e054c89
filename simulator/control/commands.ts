import type { TokenStore } from "../auth/tokens.js";
import type { SimulatorClock } from "../clock.js";
import type { Fault } from "../faults/fault.js";
import type { FaultRegistry } from "../faults/registry.js";
import type { Journal, JournalFilter } from "../journal.js";
import type { Json, JsonObject } from "../json.js";
import { isRouteName } from "../router.js";
import { OUTCOMES, type Outcome } from "../store/lifecycle.js";
import type { Store } from "../store/store.js";
import type { Throttle } from "../throttle.js";
import type { Habits } from "../wire/habits.js";
import { ControlError } from "./control-error.js";
import { readFault } from "./fault-input.js";
import { readHabits } from "./habits-input.js";
import { memberInteger, memberNumber, memberText } from "./members.js";

/** What the commands control. */
export interface Controlled {
  clock: SimulatorClock;
  store: Store;
  tokens: TokenStore;
  faults: FaultRegistry;
  throttle: Throttle;
  journal: Journal;
  setHabits(habits: Habits): void;
}

export interface CommandInput {
  /** The variable parts of the path. */
  parts: Record<string, string>;
  query: URLSearchParams;
  /** A bare value is its member `value`. */
  body: JsonObject;
}

type Command = (controlled: Controlled, input: CommandInput) => Json | undefined;

const part = (input: CommandInput, name: string): string => input.parts[name] ?? "";

function describeFault(fault: Fault): JsonObject {
  return { id: fault.id, hits: fault.hits, spec: { ...fault.spec } as JsonObject };
}

function faultOf({ faults }: Controlled, input: CommandInput): Fault {
  const fault = faults.get(Number(part(input, "fault")));
  if (!fault) throw new ControlError(404, `there is no fault ${part(input, "fault")}`);
  return fault;
}

function journalFilter(query: URLSearchParams): JournalFilter {
  const route = query.get("route");
  if (route === null) return {};
  if (!isRouteName(route)) throw new ControlError(400, `there is no route ${route}`);
  return { route };
}

function readOutcome(body: JsonObject): Outcome {
  const outcome = OUTCOMES.find((candidate) => candidate === (body.outcome ?? "completed"));
  if (!outcome) throw new ControlError(400, `outcome must be one of ${OUTCOMES.join(", ")}`);
  return outcome;
}

const addJob: Command = ({ store }, input) => {
  const id = memberInteger(input.body, "id");
  const desc = memberText(input.body, "desc");
  const job = store.addJob(part(input, "project"), {
    name: memberText(input.body, "name") ?? "controlled-job",
    ...(id !== undefined && { id }),
    ...(desc !== undefined && { desc }),
  });
  return { id: job.id, name: job.name };
};

const addVersion: Command = ({ store }, input) => {
  const id = memberInteger(input.body, "id");
  const status = memberNumber(input.body, "status");
  const version = store.addVersion(part(input, "project"), part(input, "job"), {
    outcome: readOutcome(input.body),
    ...(id !== undefined && { id }),
    ...(status !== undefined && { status }),
  });
  return { id: version.id, name: version.name };
};

const showJob: Command = ({ store }, input) => {
  const job = store.job(part(input, "project"), part(input, "job"));
  const versions = store.versions(job).map((version) => ({
    id: version.id,
    name: version.name,
    status: store.statusOf(version),
  }));
  return { id: job.id, name: job.name, desc: job.desc, versions };
};

const setStatus: Command = ({ store }, input) => {
  const status = memberNumber(input.body, "status") ?? memberNumber(input.body, "value");
  if (status === undefined) throw new ControlError(400, "status is missing");
  store.setStatus(part(input, "project"), part(input, "job"), part(input, "version"), status);
  return undefined;
};

const addToken: Command = ({ tokens }, input) => {
  const projectId = memberText(input.body, "projectId");
  const { expiresAt } = tokens.add(part(input, "token"), projectId, memberNumber(input.body, "lifetimeMs"));
  return { expiresAt };
};

const setThrottle: Command = ({ throttle }, input) => {
  const calls = memberNumber(input.body, "calls");
  const windowMs = memberNumber(input.body, "windowMs");
  if (calls === undefined || windowMs === undefined)
    throw new ControlError(400, "calls and windowMs are mandatory");
  throttle.configure({ calls, windowMs });
  return undefined;
};

const dropVersion: Command = ({ store }, input) => {
  const version = store.version(part(input, "project"), part(input, "job"), part(input, "version"));
  store.remove(version, { atOnce: true });
  return undefined;
};

const advance: Command = ({ clock }, input) => {
  clock.advance(memberNumber(input.body, "ms") ?? 0);
  return { now: clock.now() };
};

/** Everything that `/_control` understands, by method and path. */
export const COMMANDS: Record<string, Command> = {
  "GET /clock": ({ clock }) => ({ now: clock.now() }),
  "POST /clock/advance": advance,
  "GET /faults": ({ faults }) => faults.list().map(describeFault),
  "POST /faults": ({ faults }, { body }) => ({ id: faults.add(readFault(body)).id }),
  "DELETE /faults": ({ faults }) => void faults.clear(),
  "GET /faults/{fault}": (controlled, input) => describeFault(faultOf(controlled, input)),
  "DELETE /faults/{fault}": (controlled, input) => void faultOf(controlled, input).remove(),
  "GET /journal": ({ journal }, { query }) =>
    journal.entries(journalFilter(query)).map((entry) => ({ ...entry })),
  "DELETE /journal": ({ journal }) => void journal.clear(),
  "GET /counts": ({ journal }) => journal.counts(),
  "PUT /habits": (controlled, { body }) => void controlled.setHabits(readHabits(body)),
  "PUT /throttle": setThrottle,
  "DELETE /throttle": ({ throttle }) => void throttle.configure(undefined),
  "PUT /tokens/{token}": addToken,
  "POST /tokens/{token}/revoke": ({ tokens }, input) => void tokens.revoke(part(input, "token")),
  "POST /tokens/{token}/expire": ({ tokens }, input) => void tokens.expire(part(input, "token")),
  "POST /projects/{project}/jobs": addJob,
  "GET /projects/{project}/jobs/{job}": showJob,
  "DELETE /projects/{project}/jobs/{job}": ({ store }, input) =>
    void store.remove(store.job(part(input, "project"), part(input, "job")), { atOnce: true }),
  "POST /projects/{project}/jobs/{job}/versions": addVersion,
  "PUT /projects/{project}/jobs/{job}/versions/{version}/status": setStatus,
  "DELETE /projects/{project}/jobs/{job}/versions/{version}": dropVersion,
};
