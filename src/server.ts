import "reflect-metadata";
import { createApp } from "./app.js";
import { type Config, ConfigurationError, loadConfig } from "./config/index.js";
import { createProcessLogger } from "./observability/logger.js";

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

const config = readConfig();
const log = await createProcessLogger(config.log);

process.on("uncaughtException", (error) => {
  log.fatal({ event: "uncaught_exception", err: error }, "The gateway ends because of a defect");
  process.exit(1);
});

const app = await createApp(config, { log });

async function shutDown(signal: NodeJS.Signals): Promise<void> {
  log.info({ event: "shutdown", signal }, "Shutting down");
  await app.close();
  log.info({ event: "stopped" }, "Stopped");
  process.exit(0);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void shutDown(signal));
}

try {
  await app.start();
} catch (error) {
  log.fatal({ event: "start_failed", reason: (error as Error).message }, "The gateway could not start");
  process.exit(1);
}
