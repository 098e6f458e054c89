/** `npm run bench -- subscribers`: many subscribers in one gateway; memory of each, and how fast changes come to them. */
import { writeFileSync } from "node:fs";
import { firstAnswer, startUpstream } from "./probe.js";
import { buildGateway } from "./process/build.js";
import { pinProcesses } from "./process/pinning.js";
import { startServer } from "./process/server-process.js";
import { table } from "./report.js";
import { gatewayCommand } from "./servers.js";
import { readSubscriberOptions, SUBSCRIBERS_USAGE, type SubscriberOptions } from "./subscribers/options.js";
import { play, type SubscriberResult } from "./subscribers/play.js";

async function measureSubscribers(options: SubscriberOptions): Promise<SubscriberResult> {
  const pinning = pinProcesses();
  const upstream = await startUpstream();
  try {
    const { args, env } = gatewayCommand(upstream.url);
    const limit = String(options.subscribers);
    const limits = { SUBSCRIPTIONS_PER_CREDENTIAL: limit, SUBSCRIPTIONS_MAX: limit };
    const server = await startServer({ args, env: { ...env, ...limits } }, firstAnswer, pinning);
    try {
      return await play(upstream, server, options);
    } finally {
      await server.stop();
    }
  } finally {
    await upstream.stop();
  }
}

function print(options: SubscriberOptions, result: SubscriberResult): void {
  const { subscribers, jobs, versionsPerJob } = options;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(
    table([
      [`${subscribers} subscribers of ${jobs * versionsPerJob} versions in ${jobs} jobs`, "measured"],
      ["first events to all after", ms(result.seatedMs)],
      ["resident memory before", `${result.idleMiB.toFixed(0)} MiB`],
      ["resident memory of a subscriber, nothing changing", `${result.kibPerSubscriber.toFixed(1)} KiB`],
      [
        "resident memory of a subscriber, statuses changing",
        `${result.kibPerSubscriberChanging.toFixed(1)} KiB`,
      ],
      ["changes shown by the upstream", String(result.changes)],
      ["deliveries a minute", result.eventsPerMinute.toFixed(0)],
      ["delivered of those due", `${result.delivered} of ${result.due}`],
      ["wrong deliveries", String(result.wrong)],
      ["change to delivery, p50", ms(result.p50Ms)],
      ["change to delivery, p99", ms(result.p99Ms)],
      ["change to delivery, longest", ms(result.maxMs)],
      ["p99 of the first third, of the last", `${ms(result.firstThirdP99Ms)}, ${ms(result.lastThirdP99Ms)}`],
      ["gateway's share of a core meanwhile", result.cpuShare.toFixed(2)],
      ["upstream calls a second meanwhile", result.pollsPerSecond.toFixed(1)],
    ]),
  );
  for (const complaint of result.complaints) console.error(complaint);
}

/** @throws Error when the audience cannot be seated */
export async function runSubscribers(args: string[]): Promise<void> {
  const options = readSubscriberOptions(args);
  if (options === undefined) {
    console.log(SUBSCRIBERS_USAGE);
    return;
  }
  buildGateway();
  const result = await measureSubscribers(options);
  print(options, result);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ options, result }, undefined, 2)}\n`);
  }
  if (result.wrong > 0 || result.delivered < result.due || result.complaints.length > 0) process.exitCode = 1;
}
