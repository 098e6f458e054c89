import { Min } from "class-validator";
import { asRule } from "./rule.js";

/** Rule `worker-server-num-min`: at least one node. */
export function WorkerServerNumMin(): PropertyDecorator {
  return Min(1, asRule("worker-server-num-min", "Give a number of nodes of at least 1."));
}
