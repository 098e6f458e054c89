import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { HttpConfig } from "../config/index.js";

/** A dependency and, while it is away, why. */
export interface DependencyState {
  dependency: "redis" | "upstream";
  /** Undefined while it answers. */
  degradedReason(): string | undefined;
  /** Asks it once more; called only while its last state was bad. */
  probe(): Promise<void>;
}

/** Where this process is in its life. */
export type LifePhase = "starting" | "serving" | "draining" | "closing";

export interface HealthOptions {
  phase(): LifePhase;
  dependencies: readonly DependencyState[];
  /** Dependencies without which it is not ready. */
  readyRequires: HttpConfig["readyRequires"];
}

/** Well below the second that Kubernetes gives a readiness probe: who is degraded must not count as unready for being slow to say so. */
const PATIENCE_MS = 500;

/** Resolves when all are done, and after some time at the latest: what takes longer goes on, and shows next time. */
async function patiently(work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(PATIENCE_MS, undefined, { signal: done.signal }).catch(() => {})]);
  done.abort();
}

/** The state of the dependencies that are away, probed first where the last state was bad. */
async function findDegraded(dependencies: readonly DependencyState[]) {
  const suspects = dependencies.filter((dependency) => dependency.degradedReason() !== undefined);
  if (suspects.length > 0)
    await patiently(Promise.all(suspects.map((dependency) => dependency.probe().catch(() => undefined))));
  return suspects.flatMap(({ dependency, degradedReason }) => {
    const reason = degradedReason();
    return reason === undefined ? [] : [{ dependency, reason }];
  });
}

/** `/metrics`, for Prometheus. */
export function registerMetrics(
  app: FastifyInstance,
  metrics: { contentType: string; text(): Promise<string> },
): void {
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

/** `/healthz`: the process lives. `/readyz`: it serves, and what it has to do without. */
export function registerHealth(
  app: FastifyInstance,
  { phase, dependencies, readyRequires }: HealthOptions,
): void {
  app.get("/healthz", async (_request, reply) => reply.send({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    if (phase() !== "serving") return reply.code(503).send({ status: phase(), degraded: [] });
    const degraded = await findDegraded(dependencies);
    const isMissing = degraded.some(({ dependency }) => readyRequires.includes(dependency));
    return reply.code(isMissing ? 503 : 200).send({ status: isMissing ? "unready" : "ready", degraded });
  });
}
