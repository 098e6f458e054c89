/** Starts the ModelArts simulator alone, from its sources; see simulator/settings.ts for its environment. */
await import("@oxc-node/core/register");
await import("../simulator/main.ts");
