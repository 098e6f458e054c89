import { WebSocket } from "ws";
import { preciseNow } from "../upstream/status-changes.js";

const QUERY = `subscription ($jobId: ID!, $versionId: ID!) {
  trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId) { cursor status previousStatus gap }
}`;

/** One event as a subscriber got it. */
export interface Delivery {
  statusCode: number;
  gap: boolean;
  /** Milliseconds since the epoch, with fractions. */
  at: number;
}

/** Who watches what. */
export interface Seat {
  jobId: number;
  versionId: number;
}

/** Subscribers on a number of WebSockets. */
export interface Audience {
  /** What each seat has got, its first event included, in the order of the seats. */
  readonly deliveries: readonly Delivery[][];
  /** Everything that is no event: errors, completions, closed sockets. */
  readonly complaints: string[];
  close(): void;
}

interface Message {
  type: string;
  id?: string;
  payload?: {
    data?: { trainingJobVersionStatusChanged: { status: string; gap: boolean } };
    errors?: unknown;
  };
}

const STATUS_CODES: Record<string, number> = { WAITING: 7, RUNNING: 8 };

function open(url: string, token: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, "graphql-transport-ws");
    socket.once("error", reject);
    socket.once("open", () => {
      socket.send(JSON.stringify({ type: "connection_init", payload: { "X-Auth-Token": token } }));
    });
    socket.once("message", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/**
 * Opens the sockets one after the other, each with its share of the seats. Frames of graphql-transport-ws are written
 * by hand: a client library would take more time than the gateway.
 */
export async function seatAudience(
  url: string,
  token: string,
  seats: readonly Seat[],
  seatsPerSocket: number,
): Promise<Audience> {
  const deliveries: Delivery[][] = seats.map(() => []);
  const complaints: string[] = [];
  const sockets: WebSocket[] = [];
  let closing = false;

  function take(socket: WebSocket, data: WebSocket.RawData): void {
    const at = preciseNow();
    const message = JSON.parse(data.toString()) as Message;
    if (message.type === "ping") socket.send('{"type":"pong"}');
    const event = message.payload?.data?.trainingJobVersionStatusChanged;
    if (message.type === "next" && event !== undefined) {
      deliveries[Number(message.id)]?.push({
        statusCode: STATUS_CODES[event.status] ?? -1,
        gap: event.gap,
        at,
      });
    } else if (message.type !== "ping" && message.type !== "pong") {
      complaints.push(JSON.stringify(message).slice(0, 300));
    }
  }

  for (let first = 0; first < seats.length; first += seatsPerSocket) {
    const socket = await open(url, token);
    sockets.push(socket);
    socket.on("message", (data) => take(socket, data));
    socket.on("close", (code) => closing || complaints.push(`closed with ${code}`));
    socket.on("error", (error) => complaints.push(error.message));
    for (const [index, seat] of seats.slice(first, first + seatsPerSocket).entries()) {
      const variables = { jobId: String(seat.jobId), versionId: String(seat.versionId) };
      const id = String(first + index);
      socket.send(JSON.stringify({ id, type: "subscribe", payload: { query: QUERY, variables } }));
    }
  }
  return {
    deliveries,
    complaints,
    close() {
      closing = true;
      for (const socket of sockets) socket.terminate();
    },
  };
}
