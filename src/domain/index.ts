export * from "./caller.js";
export * from "./coverage.js";
export * from "./long-id.js";
export * from "./new-version.js";
export * from "./specs.js";
export * from "./status.js";
export * from "./status-event.js";
export * from "./training-job.js";
