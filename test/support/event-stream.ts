import type { HeaderValues } from "./graphql-client.js";

export interface ServerSentEvent {
  event: string;
  data: unknown;
}

/** An open event stream, as a browser's `fetch` sees it. */
export interface EventStream {
  status: number;
  headers: Headers;
  /** Everything received so far, heartbeats left out. */
  events: ServerSentEvent[];
  /** Everything received so far, as it was written. */
  text(): string;
  /** Resolves when the server has ended the response. */
  ended: Promise<void>;
  close(): void;
}

function parseEvent(block: string): ServerSentEvent | undefined {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
  const event = field("event");
  const data = field("data");
  return event === undefined ? undefined : { event, data: data ? JSON.parse(data) : undefined };
}

/** Sends an operation by POST and reads its event stream. */
export async function openEventStream(
  url: string,
  request: { query: string; variables?: Record<string, unknown> },
  headers: HeaderValues = {},
): Promise<EventStream> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", ...headers },
    body: JSON.stringify(request),
    signal: controller.signal,
  });
  const events: ServerSentEvent[] = [];
  let text = "";
  async function read(): Promise<void> {
    let buffered = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      buffered += chunk;
      const blocks = buffered.split("\n\n");
      buffered = blocks.pop() ?? "";
      events.push(...blocks.map(parseEvent).filter((event) => event !== undefined));
    }
  }
  const ended = read().catch((error: unknown) => {
    if (!controller.signal.aborted) throw error;
  });
  return {
    status: response.status,
    headers: response.headers,
    events,
    text: () => text,
    ended,
    close: () => controller.abort(),
  };
}

/** The bytes of a request for an event stream, for those who send several on one connection. */
export function eventStreamRequest(query: string, headers: HeaderValues): string {
  const body = JSON.stringify({ query });
  const fields = Object.entries({
    host: "gateway",
    accept: "text/event-stream",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `POST /graphql/stream HTTP/1.1\r\n${head}\r\n${body}`;
}
