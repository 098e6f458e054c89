import { CreateResolver } from "./create.js";
import { SpecsResolver } from "./specs.js";
import { StatusEventsResolver } from "./status-events.js";
import { StopResolver } from "./stop.js";
import { TrainingJobResolver } from "./training-job.js";
import { TrainingJobVersionResolver } from "./training-job-version.js";

/** Everything that answers a field of the schema. */
export const resolvers = [
  TrainingJobResolver,
  TrainingJobVersionResolver,
  SpecsResolver,
  CreateResolver,
  StopResolver,
  StatusEventsResolver,
] as const;
