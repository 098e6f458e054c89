import { type Place, sourceOf } from "./sources.js";

/** What `node --cpu-prof` writes; the Chrome DevTools Protocol's `Profiler.Profile`. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  /** Microseconds from sample to sample. */
  timeDeltas: number[];
}

interface CallFrame extends Place {
  functionName: string;
}

/** Nothing of the server's is running. */
const IDLE = new Set(["(idle)", "(root)"]);

/** The room, package or part of Node.js whose code a frame is. */
function groupOf(frame: CallFrame): string {
  const { functionName } = frame;
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return "native code outside JavaScript (system calls, parsing of HTTP)";
  const { path } = sourceOf(frame);
  const packages = path.split("/node_modules/");
  const inPackage = packages.length > 1 ? packages.at(-1) : undefined;
  if (inPackage !== undefined) {
    const [scope = "", name = ""] = inPackage.split("/");
    return scope.startsWith("@") ? `${scope}/${name}` : scope;
  }
  if (path.startsWith("node:")) return `Node.js: ${/^node:(?:internal\/)?(\w+)/.exec(path)?.[1]}`;
  const room = /\/src\/([\w-]+)/.exec(path)?.[1];
  return room === undefined ? "built into V8" : `gateway: ${room}`;
}

function nameOf(frame: CallFrame): string {
  const { path, line } = sourceOf(frame);
  const place = path.replace(/^.*\/(?:node_modules|src)\//, "");
  const name = frame.functionName || "(anonymous)";
  return place === "" ? name : `${name} ${place}:${line}`;
}

function addTo(times: Map<string, number>, key: string, micros: number): void {
  times.set(key, (times.get(key) ?? 0) + micros);
}

/** Microseconds by group or frame. */
export interface Times {
  /** In the group's own code. */
  byGroup: Map<string, number>;
  /** In the frame's own code. */
  byFrame: Map<string, number>;
  /** In the frame and whatever it calls, until it awaits something. */
  withCallees: Map<string, number>;
}

/** The frame and those that called it, without repeats, by node. */
function stacksOf(profile: CpuProfile): Map<number, { frame: CallFrame; names: Set<string> }> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const stacks = new Map<number, { frame: CallFrame; names: Set<string> }>();
  const pending: { id: number; callers: ReadonlySet<string> }[] = [];
  const root = profile.nodes[0];
  if (root !== undefined) pending.push({ id: root.id, callers: new Set() });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const node = nodes.get(next.id);
    if (node === undefined) continue;
    const names = new Set([...next.callers, nameOf(node.callFrame)]);
    stacks.set(node.id, { frame: node.callFrame, names });
    for (const id of node.children ?? []) pending.push({ id, callers: names });
  }
  return stacks;
}

/** @param lastMs so much of the profile's end counts */
export function timesOf(profile: CpuProfile, lastMs: number): Times {
  const stacks = stacksOf(profile);
  const times: Times = { byGroup: new Map(), byFrame: new Map(), withCallees: new Map() };
  let left = lastMs * 1000;
  for (let index = profile.samples.length - 1; index >= 0 && left > 0; index--) {
    const micros = profile.timeDeltas[index] ?? 0;
    left -= micros;
    const stack = stacks.get(profile.samples[index] ?? -1);
    if (stack === undefined || IDLE.has(stack.frame.functionName)) continue;
    addTo(times.byGroup, groupOf(stack.frame), micros);
    addTo(times.byFrame, nameOf(stack.frame), micros);
    for (const name of stack.names) addTo(times.withCallees, name, micros);
  }
  times.withCallees.delete("(root)");
  return times;
}
