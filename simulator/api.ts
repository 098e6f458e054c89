import type { Answer } from "./answers.js";
import type { TokenStore } from "./auth/tokens.js";
import type { IamUser } from "./auth/users.js";
import type { RouteName } from "./router.js";
import type { Store } from "./store/store.js";
import type { Habits } from "./wire/habits.js";

/** A request that has passed authentication; ids are still text. */
export interface ApiRequest {
  route: RouteName;
  projectId: string;
  jobId: string;
  versionId: string;
  query: URLSearchParams;
  /** As it came, not parsed. */
  body: string;
}

/** What the handlers work with. */
export interface World {
  store: Store;
  tokens: TokenStore;
  /** Who may log in with a password. */
  users: readonly IamUser[];
  habits(): Habits;
}

/** Answers one call; throws a Refusal for a documented failure. */
export type Handler = (request: ApiRequest, world: World) => Answer;
