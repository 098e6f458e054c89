import { pino } from "pino";
import { type App, createApp } from "../../src/app.js";
import { type Environment, loadConfig } from "../../src/config/index.js";

/** A gateway in this process. */
export interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** Everything it has logged so far, one object for each line. */
  readonly logs: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Starts a gateway on a free port of 127.0.0.1 with the settings given on top of the defaults. */
export async function startGateway(env: Environment): Promise<Gateway> {
  const logs: Record<string, unknown>[] = [];
  const log = pino(
    { level: env.LOG_LEVEL ?? "debug", base: null },
    { write: (line) => void logs.push(JSON.parse(line)) },
  );
  const app: App = await createApp(loadConfig({ PORT: "0", HOST: "127.0.0.1", ...env }), { log });
  const url = await app.start();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= app.close();
    return closing;
  };
  return { url, logs, close, [Symbol.asyncDispose]: close };
}
