/** Asks for metrics again and again while the one worker of this process dies. Run as a process of its own. */
import cluster from "node:cluster";
import { collectMetrics } from "../../../src/workers/metrics-relay.js";

if (cluster.isPrimary) {
  const worker = cluster.fork();
  let isDead = false;
  worker.once("exit", () => {
    isDead = true;
  });
  worker.once("online", () => {
    collectMetrics(() => [worker]);
    worker.process.kill("SIGKILL");
    const askOn = () => {
      cluster.emit("message", worker, { kind: "metrics-wanted", id: 1 });
      if (isDead) process.stdout.write("alive", () => process.exit(0));
      else setImmediate(askOn);
    };
    askOn();
  });
} else {
  setInterval(() => {}, 1_000);
}
