import { setTimeout as sleep } from "node:timers/promises";
import type { WebSocket } from "ws";

/** The standard code for an endpoint that goes away; clients connect again elsewhere (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

/** The open WebSockets, each with the number of operations that still owe their one answer. */
export class OpenSockets {
  private readonly pending = new Map<WebSocket, number>();
  private draining = false;
  private whenEmpty: (() => void) | undefined;

  add(socket: WebSocket): void {
    this.pending.set(socket, 0);
    if (this.draining) this.closeIfIdle(socket);
  }

  remove(socket: WebSocket): void {
    this.pending.delete(socket);
    if (this.pending.size === 0) this.whenEmpty?.();
  }

  operationStarted(socket: WebSocket): void {
    this.pending.set(socket, (this.pending.get(socket) ?? 0) + 1);
  }

  operationEnded(socket: WebSocket): void {
    const count = this.pending.get(socket);
    if (count === undefined) return;
    this.pending.set(socket, Math.max(0, count - 1));
    if (this.draining) this.closeIfIdle(socket);
  }

  /** Closes each socket as soon as it owes no answer; ends whatever is left after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    for (const socket of this.pending.keys()) this.closeIfIdle(socket);
    if (this.pending.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
    });
    const graceOver = new AbortController();
    await Promise.race([
      empty,
      sleep(graceMs, undefined, { signal: graceOver.signal }).catch(() => undefined),
    ]);
    graceOver.abort();
    for (const socket of this.pending.keys()) {
      socket.close(GOING_AWAY, "Going away");
      socket.terminate();
    }
  }

  private closeIfIdle(socket: WebSocket): void {
    if (this.pending.get(socket) === 0) socket.close(GOING_AWAY, "Going away");
  }
}
