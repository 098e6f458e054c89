import type { Health } from "./resilience/health.js";
import { type Transport, TransportError } from "./transport/messages.js";

export interface ProbeOptions {
  transport: Transport;
  health: Health;
  /** Path of the endpoint; "/" when it has none. */
  path: string;
  timeoutMs: number;
}

/**
 * Asks the upstream for a sign of life while it counts as away, and only then: without a credential, and any answer below
 * 500 is one. Callers at the same time share one question. Never rejects.
 */
export function createProbe({ transport, health, path, timeoutMs }: ProbeOptions): () => Promise<void> {
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      const answer = await transport.send({ method: "GET", path, headers: {}, body: "" }, { timeoutMs });
      if (answer.status < 500) health.recover();
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
    }
  }

  return async () => {
    if (health.degradedReason() === undefined) return;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
  };
}
