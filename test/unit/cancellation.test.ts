import { describe, expect, it } from "vitest";
import { Cancellation, type CancelSignal } from "../../src/cancellation.js";
import { systemClock } from "../../src/clock.js";

interface Cancelling {
  signal: CancelSignal;
  abort(reason?: unknown): void;
}

function platform(): Cancelling {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

function own(): Cancelling {
  const cancellation = new Cancellation();
  return { signal: cancellation, abort: (reason) => cancellation.abort(reason) };
}

describe.each([
  ["The platform's AbortSignal", platform],
  ["A Cancellation", own],
])("%s", (_name, create) => {
  it("tells each listener once", () => {
    const { signal, abort } = create();
    let told = 0;
    signal.addEventListener("abort", () => (told += 1), { once: true });
    signal.addEventListener("abort", () => (told += 10), { once: true });
    expect([told, signal.aborted]).toEqual([0, false]);
    abort();
    abort();
    expect([told, signal.aborted]).toEqual([11, true]);
  });

  it("tells none that was removed, and none that came too late", () => {
    const { signal, abort } = create();
    let told = 0;
    const listener = () => (told += 1);
    signal.addEventListener("abort", listener, { once: true });
    signal.removeEventListener("abort", listener);
    abort();
    signal.addEventListener("abort", listener, { once: true });
    abort();
    expect(told).toBe(0);
  });

  it("tells none that another one has removed meanwhile", () => {
    const { signal, abort } = create();
    let told = 0;
    const second = () => (told += 1);
    signal.addEventListener("abort", () => signal.removeEventListener("abort", second), { once: true });
    signal.addEventListener("abort", second, { once: true });
    abort();
    expect(told).toBe(0);
  });

  it("tells those who are left in the order in which they came", () => {
    const { signal, abort } = create();
    const told: string[] = [];
    const first = () => void told.push("first");
    const second = () => void told.push("second");
    const third = () => void told.push("third");
    signal.addEventListener("abort", first, { once: true });
    signal.addEventListener("abort", second, { once: true });
    signal.addEventListener("abort", second, { once: true });
    signal.removeEventListener("abort", first);
    signal.addEventListener("abort", third, { once: true });
    signal.addEventListener("abort", first, { once: true });
    abort();
    expect(told).toEqual(["second", "third", "first"]);
  });

  it("has aborted when its listeners are told", () => {
    const { signal, abort } = create();
    let seen: unknown[] = [];
    signal.addEventListener("abort", () => (seen = [signal.aborted, signal.reason]), { once: true });
    abort("why");
    expect(seen).toEqual([true, "why"]);
  });

  it("throws its first reason once it has aborted", () => {
    const { signal, abort } = create();
    expect(() => signal.throwIfAborted()).not.toThrow();
    const reason = new Error("first");
    abort(reason);
    abort(new Error("second"));
    expect(() => signal.throwIfAborted()).toThrow(reason);
    expect(signal.reason).toBe(reason);
  });

  it("has an AbortError for a reason unless it is given one", () => {
    const { signal, abort } = create();
    abort();
    expect(signal.reason).toMatchObject({ name: "AbortError" });
  });

  it("ends a sleep with its reason", async () => {
    const { signal, abort } = create();
    const sleep = systemClock.sleep(60_000, signal);
    abort("enough");
    await expect(sleep).rejects.toBe("enough");
    await expect(systemClock.sleep(60_000, signal)).rejects.toBe("enough");
  });
});

describe("A sleep", () => {
  it("leaves nothing behind at its signal", async () => {
    const listeners = new Set<() => void>();
    const signal: CancelSignal = {
      aborted: false,
      reason: undefined,
      throwIfAborted() {},
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    };
    const sleep = systemClock.sleep(1, signal);
    expect(listeners.size).toBe(1);
    await sleep;
    expect(listeners.size).toBe(0);
  });
});
