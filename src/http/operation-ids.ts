import { MessageType, parseMessage } from "graphql-ws";

/** Where graphql-ws writes the id in what it sends, and the two kinds of message that end an operation. */
const OUTBOUND_ID = /^\{"id":"(\d+)","type":"(\w+)"/;
const ENDING: ReadonlySet<string | undefined> = new Set([MessageType.Complete, MessageType.Error]);

function messageIn(text: string) {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}

/**
 * The ids under which graphql-ws knows one client's operations: each use of a client's id gets one of its own. A client
 * may use an id again as soon as it has sent `complete` (graphql-transport-ws, "Complete"), also while its last use is
 * still being wound up; graphql-ws tells operations apart by their id alone, and would take the two for one: results
 * of the first would be told to the second, and one of them would never be ended.
 */
export class OperationIds {
  #uses = 0;
  readonly #ownIds = new Map<string, string>();
  readonly #clientIds = new Map<string, string>();

  /** `onDuplicate` is called with an id that the client uses twice at a time. */
  constructor(private readonly onDuplicate: (id: string) => void) {}

  /** The client's message with the operation's own id; nothing when it is about no operation that runs. */
  inbound(text: string): string | undefined {
    const message = messageIn(text);
    if (message?.type === MessageType.Subscribe) {
      const id = this.#begin(message.id);
      return id && JSON.stringify({ ...message, id });
    }
    if (message?.type === MessageType.Complete) {
      const id = this.#ownIds.get(message.id);
      if (id) this.#end(id);
      return id && JSON.stringify({ ...message, id });
    }
    return text;
  }

  /** The gateway's message with the client's id; nothing when the client has ended that operation. */
  outbound(text: string): string | undefined {
    const [start, ownId, type] = OUTBOUND_ID.exec(text) ?? [];
    if (start === undefined || ownId === undefined) return text;
    const clientId = this.#clientIds.get(ownId);
    if (clientId === undefined) return undefined;
    if (ENDING.has(type)) this.#end(ownId);
    return `{"id":${JSON.stringify(clientId)},"type":"${type}"${text.slice(start.length)}`;
  }

  #begin(clientId: string): string | undefined {
    if (this.#ownIds.has(clientId)) {
      this.onDuplicate(clientId);
      return undefined;
    }
    this.#uses += 1;
    const ownId = String(this.#uses);
    this.#ownIds.set(clientId, ownId);
    this.#clientIds.set(ownId, clientId);
    return ownId;
  }

  #end(ownId: string): void {
    const clientId = this.#clientIds.get(ownId);
    this.#clientIds.delete(ownId);
    if (clientId !== undefined) this.#ownIds.delete(clientId);
  }
}
