import "reflect-metadata";
import cluster from "node:cluster";
import type { AppOptions } from "./app.js";
import { type Config, ConfigurationError, loadConfig } from "./config/index.js";
import { createProcessLogger, type Logger } from "./observability/logger.js";
import { keepObjectsYoung } from "./young-objects.js";

const EXIT_BAD_CONFIGURATION = 2;

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_BAD_CONFIGURATION);
  }
}

async function sharedMetrics(): Promise<Pick<AppOptions, "shareMetrics">> {
  const { LABEL_VARIABLE, shareMetrics } = await import("./workers/metrics-relay.js");
  return { shareMetrics: (own) => shareMetrics(own, process.env[LABEL_VARIABLE] ?? "") };
}

/** The gateway, in this process, until a signal ends it. */
async function serve(config: Config, log: Logger): Promise<void> {
  const { createApp } = await import("./app.js");
  const app = await createApp(config, { log, ...(cluster.isWorker && (await sharedMetrics())) });
  let isStopping = false;

  async function shutDown(signal: NodeJS.Signals): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    log.info({ event: "shutdown", signal }, "Shutting down");
    await app.close();
    log.info({ event: "stopped" }, "Stopped");
    process.exit(0);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => void shutDown(signal));
  }
  try {
    await app.start();
  } catch (error) {
    log.fatal({ event: "start_failed", reason: (error as Error).message }, "The gateway could not start");
    process.exit(1);
  }
}

keepObjectsYoung();
const config = readConfig();
const log = await createProcessLogger(config.log);

process.on("uncaughtException", (error) => {
  log.fatal({ event: "uncaught_exception", err: error }, "The gateway ends because of a defect");
  process.exit(1);
});

if (config.workers > 1 && cluster.isPrimary) {
  const { superviseWorkers } = await import("./workers/supervisor.js");
  const { host, port } = config.http;
  await superviseWorkers({ count: config.workers, host, port, log, exit: (code) => process.exit(code) });
} else {
  await serve(config, log);
}
