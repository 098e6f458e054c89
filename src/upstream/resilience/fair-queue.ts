import type { UpstreamCall } from "../../ports.js";

export type Priority = UpstreamCall["priority"];

/** Who goes first when calls are scarce. */
export const PRIORITIES: readonly Priority[] = ["mutation", "lookup", "poll"];

/** What decides an item's place in a {@link FairQueue}. */
export interface Place {
  priority: Priority;
  projectId: string;
}

/** So many items wait in one place. */
export interface Crowd extends Place {
  count: number;
}

/** One priority: projects take turns, each project's items keep their order. */
class Lane<T extends Place> {
  /** By project, in the order of their turns. */
  readonly #projects = new Map<string, T[]>();

  get isEmpty(): boolean {
    return this.#projects.size === 0;
  }

  push(item: T): void {
    const items = this.#projects.get(item.projectId);
    if (items) items.push(item);
    else this.#projects.set(item.projectId, [item]);
  }

  /** How many wait of each project, in the order of their turns. */
  get lengths(): [projectId: string, length: number][] {
    return [...this.#projects].map(([projectId, items]) => [projectId, items.length]);
  }

  items(): T[] {
    return [...this.#projects.values()].flat();
  }

  shift(): T | undefined {
    const [next] = this.#projects.keys();
    return next === undefined ? undefined : this.shiftOf(next);
  }

  /** Takes the project's oldest item; the others have their turns before its next one. */
  shiftOf(projectId: string): T | undefined {
    const items = this.#projects.get(projectId);
    const item = items?.shift();
    if (items?.length === 0) this.#projects.delete(projectId);
    else if (items && this.#projects.size > 1) {
      this.#projects.delete(projectId);
      this.#projects.set(projectId, items);
    }
    return item;
  }

  /** Takes the newest item of the project that has most. */
  popFromLongest(): T | undefined {
    const [longest] = [...this.#projects.values()].toSorted((a, b) => b.length - a.length);
    const item = longest?.at(-1);
    if (item) this.remove(item);
    return item;
  }

  remove(item: T): boolean {
    const items = this.#projects.get(item.projectId);
    const index = items?.indexOf(item) ?? -1;
    if (!items || index < 0) return false;
    items.splice(index, 1);
    if (items.length === 0) this.#projects.delete(item.projectId);
    return true;
  }
}

/** Mutations first, then lookups, then polls; within one priority the projects take turns. */
export class FairQueue<T extends Place> {
  readonly #lanes: Record<Priority, Lane<T>> = {
    mutation: new Lane(),
    lookup: new Lane(),
    poll: new Lane(),
  };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The priority of the next item; undefined when there is none. */
  nextPriority(): Priority | undefined {
    return PRIORITIES.find((priority) => !this.#lanes[priority].isEmpty);
  }

  push(item: T): void {
    this.#lanes[item.priority].push(item);
    this.#size += 1;
  }

  shift(): T | undefined {
    const priority = this.nextPriority();
    return priority && this.#taken(this.#lanes[priority].shift());
  }

  /** Who waits, in the order in which they are to go on. */
  crowds(): Crowd[] {
    return PRIORITIES.flatMap((priority) =>
      this.#lanes[priority].lengths.map(([projectId, count]) => ({ priority, projectId, count })),
    );
  }

  items(): T[] {
    return PRIORITIES.flatMap((priority) => this.#lanes[priority].items());
  }

  /** Takes the oldest item of that place; undefined when nobody waits there. */
  shiftOf({ priority, projectId }: Place): T | undefined {
    return this.#taken(this.#lanes[priority].shiftOf(projectId));
  }

  /** Takes the item that can best do without: of the lowest priority, if that is lower than the one given. */
  takeBelow(priority: Priority): T | undefined {
    const lower = PRIORITIES.slice(PRIORITIES.indexOf(priority) + 1);
    const lowest = lower.toReversed().find((candidate) => !this.#lanes[candidate].isEmpty);
    return lowest && this.#taken(this.#lanes[lowest].popFromLongest());
  }

  /** False when the item was not there. */
  remove(item: T): boolean {
    const removed = this.#lanes[item.priority].remove(item);
    if (removed) this.#size -= 1;
    return removed;
  }

  #taken(item: T | undefined): T | undefined {
    if (item) this.#size -= 1;
    return item;
  }
}
