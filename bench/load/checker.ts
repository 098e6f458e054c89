import type { Scenario, Work } from "../work/scenarios.js";

/** A request's bytes, and how its answer is judged. */
export interface Prepared {
  bytes: Buffer;
  /** @throws Error that shows an answer that is wrong */
  check(status: number, body: Buffer): void;
}

const TOKEN = "bench-token";
const SHOWN_CHARACTERS = 400;

function requestBytes({ request }: Work): Buffer {
  const body = Buffer.from(JSON.stringify(request));
  const head = [
    "POST /graphql HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    "Accept: application/json",
    `X-Auth-Token: ${TOKEN}`,
    `Content-Length: ${body.length}`,
    "\r\n",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(head), body]);
}

function isRight(status: number, body: Buffer, work: Work): boolean {
  if (status !== 200) return false;
  const { data, errors } = JSON.parse(body.toString());
  return errors === undefined && work.isRight(data);
}

const NEWLINE = 0x0a;

/** Apollo Server ends its answers with one. */
const withoutNewline = (body: Buffer) => (body.at(-1) === NEWLINE ? body.subarray(0, -1) : body);

/** The right answer as most servers write it, where it is known before. */
const usualBody = ({ rightText }: Work): Buffer | undefined =>
  rightText && Buffer.from(`{"data":${rightText()}}`);

/**
 * Prepares one request. Answers are compared byte by byte with what most servers send, or the server sent before, and
 * where they differ parsed and compared field by field with the right one.
 */
function prepareOne(work: Work): Prepared {
  let known: Buffer | undefined;
  return {
    bytes: requestBytes(work),
    check(status, body) {
      known ??= usualBody(work);
      if (status === 200 && known?.equals(withoutNewline(body))) return;
      if (!isRight(status, body, work)) {
        const shown = body.toString().slice(0, SHOWN_CHARACTERS);
        throw new Error(`a wrong answer, ${status}: ${shown}\nto ${JSON.stringify(work.request.variables)}`);
      }
      known = Buffer.from(withoutNewline(body));
    },
  };
}

/** Requests of a scenario, by number; those that come back are prepared once, before the load. */
export function prepare(scenario: Scenario): (index: number) => Prepared {
  const { keys } = scenario;
  if (keys === undefined) return (index) => prepareOne(scenario.work(index));
  const prepared = Array.from({ length: keys }, (_, index) => prepareOne(scenario.work(index)));
  return (index) => prepared[index % keys] as Prepared;
}

/** The same requests where nothing but the given body is right. */
export function prepareFixed(scenario: Scenario, body: Buffer): (index: number) => Prepared {
  const keys = scenario.keys ?? 1;
  const prepared = Array.from({ length: keys }, (_, index) => ({
    bytes: requestBytes(scenario.work(index)),
    check(status: number, answer: Buffer) {
      if (status !== 200 || !body.equals(answer)) throw new Error(`a wrong fixed body, ${status}`);
    },
  }));
  return (index) => prepared[index % keys] as Prepared;
}
