import cluster, { type Worker } from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";

/** One that has not told its metrics within that time is left out: Prometheus sees a gap, and nothing false. */
const TELLING_MS = 2_000;
/** Longer than it takes to hear of all others that they do not tell. */
const COLLECTING_MS = 2 * TELLING_MS;

/** Tells a worker, in its environment, the label of its metrics. */
export const LABEL_VARIABLE = "MODELARTS_GATEWAY_WORKER";

type Told = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** What a worker and the process that started it say to one another. */
type Message =
  /** A worker was asked for `/metrics`. */
  | { kind: "metrics-wanted"; id: number }
  | { kind: "metrics-text"; id: number; text: string }
  /** Another worker was. */
  | { kind: "tell-metrics"; id: number }
  | { kind: "metrics-told"; id: number; told: Told };

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "kind" in value && "id" in value;
}

/** Answers by number; who gets none in time, in ms, gets undefined. */
class Questions<T> {
  readonly #waiting = new Map<number, (answer: T | undefined) => void>();
  #asked = 0;

  constructor(private readonly patienceMs: number) {}

  ask(send: (id: number) => void): Promise<T | undefined> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answered(id, undefined), this.patienceMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      send(id);
    });
  }

  answered(id: number, answer: T | undefined): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }
}

/** Whoever dies meanwhile gets nothing: without somebody to tell that, it would end the process that says it. */
const ignoreWhenGone = () => {};

/** Lets this process, which started the workers, collect the metrics of all for whichever of them is asked. */
export function collectMetrics(listening: () => readonly Worker[]): void {
  const questions = new Questions<Told>(TELLING_MS);

  async function collect(): Promise<string> {
    const asked = listening().map((worker) =>
      questions.ask((id) => worker.send({ kind: "tell-metrics", id } satisfies Message, ignoreWhenGone)),
    );
    const told = (await Promise.all(asked)).filter((one) => one !== undefined);
    return AggregatorRegistry.aggregate(told).metrics();
  }

  cluster.on("message", (worker, message: unknown) => {
    if (!isMessage(message)) return;
    if (message.kind === "metrics-told") questions.answered(message.id, message.told);
    if (message.kind !== "metrics-wanted") return;
    const { id } = message;
    void collect().then((text) => {
      worker.send({ kind: "metrics-text", id, text } satisfies Message, ignoreWhenGone);
    });
  });
}

/**
 * Lets a worker tell its metrics, each with the worker's label, which whoever takes its place has as well: counters that
 * begin anew are then seen as such. Returns how to get the metrics of all workers as Prometheus text.
 */
export function shareMetrics(own: Registry, label: string): () => Promise<string> {
  own.setDefaultLabels({ worker: label });
  const questions = new Questions<string>(COLLECTING_MS);
  const say = (message: Message) => void process.send?.(message, undefined, undefined, ignoreWhenGone);

  async function tell(id: number): Promise<void> {
    const told = await own.getMetricsAsJSON();
    // No two workers have a series in common: nothing is to be added up, and nothing left out.
    say({ kind: "metrics-told", id, told: told.map((metric) => ({ ...metric, aggregator: "sum" })) });
  }

  process.on("message", (message) => {
    if (!isMessage(message)) return;
    if (message.kind === "metrics-text") questions.answered(message.id, message.text);
    if (message.kind === "tell-metrics") void tell(message.id);
  });
  return async () => (await questions.ask((id) => say({ kind: "metrics-wanted", id }))) ?? own.metrics();
}
