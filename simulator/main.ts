import { readSettings, type SimulatorSettings } from "./settings.js";
import { createSimulator } from "./simulator.js";

function log(entry: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}

function settingsOrExit(): SimulatorSettings {
  try {
    return readSettings(process.env);
  } catch (error) {
    log({ level: 60, msg: "The simulator's environment is wrong", reason: String(error) });
    process.exit(2);
  }
}

const { options, tokens } = settingsOrExit();
const simulator = await createSimulator(options);
for (const { token, projectId } of tokens) {
  if (!simulator.store.hasProject(projectId)) simulator.store.addProject(projectId);
  simulator.tokens.add(token, projectId);
}
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void simulator.close());
log({ level: 30, msg: "listening", url: simulator.url, port: simulator.port });
