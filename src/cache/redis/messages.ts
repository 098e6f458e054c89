/** What replicas tell one another. */
export type Message =
  /** Cached answers of the group, or of these parts of it, are void. */
  | { kind: "invalidated"; sender: string; group: string; parts?: string[] }
  /** The load that the lock stood for has ended. */
  | { kind: "released"; lock: string }
  /** Shows that the channel works. `told`: how many invalidations the sender knows to have been published. */
  | { kind: "beacon"; sender: string; number: number; told: number };

/** Starts the message that a load has ended, which a script sends; the lock's name follows. */
export const RELEASED = "r ";

/** A message as text; none of its parts contains a space. */
export function encodeMessage(message: Exclude<Message, { kind: "released" }>): string {
  switch (message.kind) {
    case "invalidated":
      return ["i", message.sender, message.group, ...(message.parts ?? [])].join(" ");
    case "beacon":
      return `b ${message.sender} ${message.number} ${message.told}`;
  }
}

/** Undefined for a text that no replica of this release sends. */
export function decodeMessage(text: string): Message | undefined {
  const [kind, first, second, ...rest] = text.split(" ");
  if (text.startsWith(RELEASED)) return { kind: "released", lock: text.slice(RELEASED.length) };
  if (first === undefined || second === undefined) return undefined;
  if (kind === "i") {
    return { kind: "invalidated", sender: first, group: second, ...(rest.length > 0 && { parts: rest }) };
  }
  if (kind !== "b") return undefined;
  return { kind: "beacon", sender: first, number: Number(second), told: Number(rest[0]) };
}
