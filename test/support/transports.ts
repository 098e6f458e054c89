import { openEventStream } from "./event-stream.js";
import { collect, webSocketClient } from "./graphql-client.js";
import type { House } from "./house.js";
import { until } from "./until.js";

export interface SeenError {
  message: string;
  extensions: Record<string, unknown>;
}

type Variables = Record<string, unknown>;

/** Sends an operation over each transport; the first error that comes back. */
export const transports: Record<
  string,
  (house: House, query: string, variables?: Variables) => Promise<SeenError | undefined>
> = {
  async HTTP(house, query, variables = {}) {
    return (await house.send(query, variables)).body.errors?.[0];
  },
  async WebSocket(house, query, variables = {}) {
    const client = webSocketClient(house.gateway.url, house.simulator.headers);
    const answer = collect(client, { query, variables });
    await until("the operation has ended", () => answer.completed || answer.errors.length > 0);
    await client.dispose();
    return answer.errors[0] as SeenError | undefined;
  },
  async "event stream"(house, query, variables = {}) {
    const stream = await openEventStream(house.gateway.url, { query, variables }, house.simulator.headers);
    await stream.ended;
    return (stream.events[0]?.data as { errors?: SeenError[] } | undefined)?.errors?.[0];
  },
};
