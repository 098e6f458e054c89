import type { GraphQLFormattedError } from "graphql";
import type { Logger } from "../observability/logger.js";
import type { HttpEvents } from "./events.js";
import { hideSecrets } from "./hide-secrets.js";

export type OperationType = "query" | "mutation" | "subscription" | "invalid";

export interface AnsweredOperation {
  requestId: string;
  type: OperationType;
  name?: string | null | undefined;
  transport: "http" | "ws" | "sse";
  durationMs: number;
  errors?: readonly GraphQLFormattedError[] | undefined;
}

export type RecordOperation = (operation: AnsweredOperation) => void;

const SLOW_MS = 1_000;

/** Counts each answered operation; logs it at `info` when it failed, mutated or was slow, else at `debug`. */
export function createOperationLog(log: Logger, events: HttpEvents): RecordOperation {
  return (operation) => {
    const codes = operation.errors?.map((error) => String(error.extensions?.code)) ?? [];
    events.operation(operation.type, codes[0] ?? "ok", operation.durationMs / 1_000);
    const isSlow = operation.durationMs > SLOW_MS && operation.type !== "subscription";
    const level = codes.length > 0 || operation.type === "mutation" || isSlow ? "info" : "debug";
    if (!log.isLevelEnabled(level)) return;
    log[level](
      {
        event: "operation",
        requestId: operation.requestId,
        type: operation.type,
        transport: operation.transport,
        durationMs: Math.round(operation.durationMs),
        ...(operation.name && { operationName: hideSecrets(operation.name) }),
        ...(codes.length > 0 && { codes }),
      },
      codes.length > 0 ? "Operation failed" : "Operation answered",
    );
  };
}
