import { type Client, createClient } from "graphql-ws";
import { WebSocket } from "ws";

export interface GraphqlAnswer {
  status: number;
  headers: Headers;
  body: {
    // Answers are checked by what the tests expect of them, not by a type.
    // biome-ignore lint/suspicious/noExplicitAny: the shape differs from query to query
    data?: any;
    // biome-ignore lint/suspicious/noExplicitAny: as above
    errors?: { message: string; path?: (string | number)[]; extensions: Record<string, any> }[];
  };
}

/** The errors in an answer's body. */
export async function errorsOf(response: Response): Promise<NonNullable<GraphqlAnswer["body"]["errors"]>> {
  return ((await response.json()) as GraphqlAnswer["body"]).errors ?? [];
}

export type HeaderValues = Record<string, string>;

/** Sends an operation by POST and reads the whole answer. */
export async function post(
  url: string,
  request: { query: string; variables?: Record<string, unknown>; operationName?: string },
  headers: HeaderValues = {},
  signal: AbortSignal | null = null,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    signal,
    headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
    body: JSON.stringify(request),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as GraphqlAnswer["body"],
  };
}

/** A graphql-ws client that does not reconnect unless told to. */
export function webSocketClient(
  url: string,
  connectionParams: Record<string, unknown> = {},
  options: { retryAttempts?: number; onClosed?: (event: { code: number; reason: string }) => void } = {},
): Client {
  return createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: options.retryAttempts ?? 0,
    ...(options.onClosed && {
      on: { closed: (event) => options.onClosed?.(event as { code: number; reason: string }) },
    }),
  });
}

/** The socket that a client is about to open. */
export function socketOf(client: Client): Promise<WebSocket> {
  return new Promise((resolve) => client.on("connected", (socket) => resolve(socket as WebSocket)));
}

/** Everything that one subscription has received so far, and how it ended. */
export interface Received<T> {
  events: T[];
  errors: unknown[];
  completed: boolean;
  stop(): void;
}

/** Runs an operation and collects what its root field gives. */
export function collect<T>(
  client: Client,
  request: { query: string; variables?: Record<string, unknown> },
): Received<T> {
  const received: Received<T> = { events: [], errors: [], completed: false, stop: () => {} };
  received.stop = client.subscribe<Record<string, T>>(request, {
    next: ({ data, errors }) => {
      received.events.push(...Object.values(data ?? {}).filter((value) => value !== null));
      if (errors) received.errors.push(...errors);
    },
    error: (error) => void received.errors.push(...(Array.isArray(error) ? error : [error])),
    complete: () => {
      received.completed = true;
    },
  });
  return received;
}
