import { parseArgs } from "node:util";
import { VERSIONS_PER_JOB } from "../upstream/wire.js";

export const SUBSCRIBERS_USAGE = `npm run bench -- subscribers

  --subscribers N         subscriptions in all (10000)
  --jobs N                watched jobs (100)
  --versions N            watched versions of each job, at most ${VERSIONS_PER_JOB} (10)
  --per-socket N          subscriptions on one WebSocket (100)
  --events N              deliveries a minute while statuses change (100000)
  --seconds S             how long they change (30)
  --json FILE             also writes every number there`;

/** @throws Error that says what is wrong; undefined where help was asked for */
export function readSubscriberOptions(args: string[]) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      subscribers: { ...text, default: "10000" },
      jobs: { ...text, default: "100" },
      versions: { ...text, default: "10" },
      "per-socket": { ...text, default: "100" },
      events: { ...text, default: "100000" },
      seconds: { ...text, default: "30" },
      json: text,
    },
  });
  if (values.help) return undefined;
  const options = {
    subscribers: Number(values.subscribers),
    jobs: Number(values.jobs),
    versionsPerJob: Number(values.versions),
    perSocket: Number(values["per-socket"]),
    eventsPerMinute: Number(values.events),
    seconds: Number(values.seconds),
    json: values.json,
  };
  if (Object.values(options).some((value) => typeof value === "number" && !(value > 0))) {
    throw new Error(`Give numbers above 0.\n${SUBSCRIBERS_USAGE}`);
  }
  if (options.versionsPerJob > VERSIONS_PER_JOB) throw new Error(`--versions: at most ${VERSIONS_PER_JOB}`);
  return options;
}

export type SubscriberOptions = NonNullable<ReturnType<typeof readSubscriberOptions>>;
