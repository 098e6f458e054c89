import type { AccessKey } from "../auth/signature.js";
import type { TokenStore } from "../auth/tokens.js";
import type { IamUser } from "../auth/users.js";
import { createRandom } from "../random.js";
import type { Store } from "../store/store.js";
import { seedAlgorithms, seedEngines, seedSpecs } from "./catalogue.js";
import { seedJobs } from "./jobs.js";

export const DEMO_PROJECT = "demo-project";
/** A second tenant: the same ids under other names. */
export const OTHER_PROJECT = "other-project";

const TOKENS = [
  ["demo-token", DEMO_PROJECT],
  ["demo-token-2", DEMO_PROJECT],
  ["other-token", OTHER_PROJECT],
  ["token-without-project", undefined],
] as const;

/** Good for both projects, in both signing dialects. */
export const DEMO_KEY: AccessKey = {
  ak: "demo-ak",
  sk: "demo-sk",
  projectIds: [DEMO_PROJECT, OTHER_PROJECT],
};

/** Who may log in to IAM for both projects. */
export const DEMO_USER: IamUser = {
  domain: "demo-domain",
  name: "demo-user",
  password: "demo-password",
  projectIds: [DEMO_PROJECT, OTHER_PROJECT],
};

/** The seeded tokens do not expire by themselves within a year. */
const SEEDED_LIFETIME_MS = 365 * 24 * 60 * 60 * 1_000;

/** Fills an empty simulator: the same seed and start time give the same content. */
export function seedSimulator(store: Store, tokens: TokenStore, seed: number): void {
  for (const [index, projectId] of [DEMO_PROJECT, OTHER_PROJECT].entries()) {
    store.addProject(projectId, {
      specs: seedSpecs(),
      engines: seedEngines(),
      algorithms: seedAlgorithms(store.now() - 90 * 24 * 60 * 60 * 1_000),
    });
    seedJobs(store, projectId, createRandom(seed + index), projectId === DEMO_PROJECT ? "" : "other-");
  }
  for (const [token, projectId] of TOKENS) tokens.add(token, projectId, SEEDED_LIFETIME_MS);
}
