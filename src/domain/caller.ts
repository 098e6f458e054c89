/** How the upstream is told who asks: the caller's own IAM token, or the gateway's own identity. */
export type Credential = { kind: "token"; token: string } | { kind: "service" };

/** On whose behalf, and in which project, something is done. */
export interface Caller {
  projectId: string;
  credential: Credential;
  /** Stands for the credential in keys and logs: a one-way hash of the token, the same on every replica. */
  credentialId: string;
}

/** 1 to 64 of `[A-Za-z0-9_-]`: the only project ids that may become part of an upstream path. */
export const PROJECT_ID = /^[A-Za-z0-9_-]{1,64}$/;
