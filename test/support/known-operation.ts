import { randomUUID } from "node:crypto";
import type { House } from "./house.js";

/** So often is a document asked for once it is known: the last times code that was made for it executes it. */
export const KNOWN_TIMES = 7;

export interface Asked {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  headers?: Record<string, string>;
  /** Made known with these, where those of the request itself would be refused. */
  taughtWith?: {
    variables?: Record<string, unknown>;
    operationName?: string;
    headers?: Record<string, string>;
  };
  /** The whole body, where it is not just the above. */
  bodyOf?: (request: string) => string;
  /** Called before each request. */
  before?: () => void;
}

/** All that a client and the upstream see of a request, but for what two requests alike may differ in. */
export interface Told {
  status: number;
  headers: Record<string, string>;
  /** As it was written, the errors left out. */
  body: string;
  errors: string[] | undefined;
  calls: string[];
}

const FIXED_HEADERS = {
  "content-type": "application/json",
  accept: "application/graphql-response+json",
  "x-request-id": "alike",
};

function told(response: Response, text: string, calls: string[]): Told {
  const { errors, ...rest } = JSON.parse(text);
  const headers = Object.fromEntries(response.headers);
  delete headers.date;
  const written = errors?.map((error: unknown) => JSON.stringify(error));
  // Of several errors the order is free, and so are the bytes that they take.
  return {
    status: response.status,
    headers,
    body: written?.length === 1 ? text : JSON.stringify(rest),
    errors: written?.toSorted(),
    calls,
  };
}

/** Sends one request; nothing else may be asked of the upstream meanwhile. */
export async function tell(
  { gateway, simulator }: Pick<House, "simulator"> & { gateway: { url: string } },
  asked: Asked,
): Promise<Told> {
  const { query, variables, operationName, headers = {}, bodyOf = (request) => request, before } = asked;
  before?.();
  simulator.journal.clear();
  const sent = new Headers({ ...simulator.headers, ...FIXED_HEADERS });
  for (const [name, value] of Object.entries(headers)) sent.set(name, value);
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: sent,
    body: bodyOf(JSON.stringify({ query, variables, operationName })),
  });
  const text = await response.text();
  const calls = simulator.journal
    .entries()
    .map((entry) => `${entry.method} ${entry.path} ${JSON.stringify(entry.query)} ${entry.body}`);
  return told(response, text, calls.toSorted());
}

/** Asks once with a document that nobody has sent before, then again and again with one that was. */
export async function asNewAndKnown(
  house: House,
  asked: Asked,
): Promise<{ asNew: Told; asKnown: readonly Told[] }> {
  // Behind everything: no place in an error moves.
  const asNew = await tell(house, { ...asked, query: `${asked.query}\n# ${randomUUID()}` });
  if (asked.taughtWith) await tell(house, { ...asked, bodyOf: (request) => request, ...asked.taughtWith });
  const asKnown: Told[] = [];
  for (let n = 0; n <= KNOWN_TIMES; n += 1) asKnown.push(await tell(house, asked));
  return { asNew, asKnown: asKnown.slice(asked.taughtWith ? 0 : 1) };
}
