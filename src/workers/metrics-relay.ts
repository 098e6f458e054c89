import cluster from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";

/** A worker asks for the metrics of all workers, and the process that started them answers. */
interface Question {
  kind: "metrics-question";
  id: number;
}

interface Answer {
  kind: "metrics-answer";
  id: number;
  /** Absent when a worker did not tell its own in time. */
  text?: string;
}

function isKind<T extends Question | Answer>(message: unknown, kind: T["kind"]): message is T {
  return typeof message === "object" && message !== null && "kind" in message && message.kind === kind;
}

/** Lets this process, which started the workers, add their metrics up for whoever of them asks. */
export function answerMetricsQuestions(): void {
  const registry = new AggregatorRegistry();
  cluster.on("message", (worker, message: unknown) => {
    if (!isKind<Question>(message, "metrics-question")) return;
    const reply = (text?: string) => {
      const answer: Answer = { kind: "metrics-answer", id: message.id, ...(text !== undefined && { text }) };
      if (worker.isConnected()) worker.send(answer);
    };
    registry.clusterMetrics().then(reply, () => reply());
  });
}

/**
 * Lets this worker's registry be added up with those of the others. Returns how to get the sum as Prometheus text; the
 * worker's own text where the sum cannot be had.
 */
export function shareMetrics(own: Registry): () => Promise<string> {
  const waiting = new Map<number, (text: string | undefined) => void>();
  let questions = 0;
  // oxlint-disable-next-line no-new -- made for its listener, which tells this worker's metrics when the sum is asked for
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries(own);
  process.on("message", (message) => {
    if (!isKind<Answer>(message, "metrics-answer")) return;
    waiting.get(message.id)?.(message.text);
    waiting.delete(message.id);
  });
  return async () => {
    questions += 1;
    const question: Question = { kind: "metrics-question", id: questions };
    const answered = new Promise<string | undefined>((resolve) => waiting.set(question.id, resolve));
    process.send?.(question);
    return (await answered) ?? own.metrics();
  };
}
