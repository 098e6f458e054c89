import { describe, expect, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const FAST = { STATUS_POLL_INTERVAL_MS: "20", STATUS_POLL_MAX_INTERVAL_MS: "40" };

/** No life of the simulator passes through it. */
const SCALING = 15;

interface Event {
  cursor: string;
  versionId: string;
  status: string;
  previousStatus: string | null;
  terminal: boolean;
  gap: boolean;
  version: { status: string; specCode?: string | null } | null;
}

const VERSION_CHANGED = `subscription ($jobId: ID!, $versionId: ID!, $after: String) {
  trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId, after: $after) {
    cursor versionId status previousStatus terminal gap version { status }
  }
}`;
const JOB_CHANGED = `subscription ($jobId: ID!, $after: String) {
  trainingJobStatusChanged(jobId: $jobId, after: $after) {
    cursor versionId status previousStatus terminal gap version { status }
  }
}`;

function connect(house: House, token = house.simulator.token) {
  const closes: number[] = [];
  const params = { "X-Auth-Token": token, "X-Project-Id": house.simulator.projectId };
  const client = webSocketClient(house.gateway.url, params, {
    onClosed: ({ code }) => void closes.push(code),
  });
  return { client, closes };
}

function runningVersion(house: House): { jobId: string; versionId: string } {
  const job = house.simulator.addJob();
  const version = house.simulator.addVersion(job.id, { status: STATUS.RUNNING });
  return { jobId: String(job.id), versionId: String(version.id) };
}

describe("a version's status subscription", () => {
  it("gives the current status at once, then every change, and completes after a terminal one", async () => {
    await using house = await startHouse(FAST);
    const target = runningVersion(house);
    const { client } = connect(house);
    const received = collect<Event>(client, { query: VERSION_CHANGED, variables: target });
    await until("the current status has come", () => received.events.length === 1);
    house.simulator.setStatus(target.jobId, target.versionId, STATUS.KILLING);
    await until("the change has come", () => received.events.length === 2);
    house.simulator.setStatus(target.jobId, target.versionId, STATUS.KILLED);
    await until("the subscription has completed", () => received.completed);
    expect(
      received.events.map(({ previousStatus, status, terminal, gap, version }) => [
        previousStatus,
        status,
        terminal,
        gap,
        version?.status,
      ]),
    ).toEqual([
      [null, "RUNNING", false, false, "RUNNING"],
      ["RUNNING", "KILLING", false, false, "KILLING"],
      ["KILLING", "KILLED", true, false, "KILLED"],
    ]);
    expect(received.errors).toEqual([]);
    await client.dispose();
  });

  it("goes on after its cursor with exactly what followed", async () => {
    await using house = await startHouse(FAST);
    const target = runningVersion(house);
    const { client } = connect(house);
    const all = collect<Event>(client, { query: VERSION_CHANGED, variables: target });
    await until("the current status has come", () => all.events.length === 1);
    house.simulator.setStatus(target.jobId, target.versionId, SCALING);
    await until("the change has come", () => all.events.length === 2);
    const after = all.events[0]?.cursor;
    const rest = collect<Event>(client, { query: VERSION_CHANGED, variables: { ...target, after } });
    await until("what followed has come", () => rest.events.length === 1);
    expect(rest.events[0]).toEqual(all.events[1]);
    await client.dispose();
  });

  it("refetches the details that the event's version does not carry", async () => {
    await using house = await startHouse(FAST);
    const query = `subscription { trainingJobVersionStatusChanged(jobId: "10", versionId: "20") { version { status specCode } } }`;
    const { client } = connect(house);
    const received = collect<Event>(client, { query });
    await until("the event has come", () => received.events.length > 0);
    expect(received.events[0]?.version?.specCode).toEqual(expect.any(String));
    await client.dispose();
  });

  it("ends with NOT_FOUND for a version that does not exist", async () => {
    await using house = await startHouse(FAST);
    const { client } = connect(house);
    const variables = { jobId: "10", versionId: "987654" };
    const received = collect<Event>(client, { query: VERSION_CHANGED, variables });
    await until("the error has come", () => received.errors.length > 0);
    expect(received.errors[0]).toMatchObject({ extensions: { code: "NOT_FOUND" } });
    await client.dispose();
  });

  it("names the argument of a malformed id, and asks the upstream nothing", async () => {
    await using house = await startHouse(FAST);
    const { client } = connect(house);
    const variables = { jobId: "0", versionId: "x" };
    const received = collect<Event>(client, { query: VERSION_CHANGED, variables });
    await until("the error has come", () => received.errors.length > 0);
    expect(received.errors[0]).toMatchObject({
      extensions: {
        code: "BAD_USER_INPUT",
        violations: [
          { path: ["jobId"], rule: "long-id" },
          { path: ["versionId"], rule: "long-id" },
        ],
      },
    });
    expect(house.simulator.journal.count()).toBe(0);
    await client.dispose();
  });
});

describe("a job's status subscription", () => {
  it("includes the versions that are created meanwhile, from INIT on", async () => {
    await using house = await startHouse(FAST, { clock: { mode: "real" }, timeScale: 100 });
    const { client } = connect(house);
    const received = collect<Event>(client, { query: JOB_CHANGED, variables: { jobId: "10" } });
    await until("the versions that are there have come", () => received.events.length > 0);
    const { body } = await house.send(CREATE, { input: sampleInput() });
    const { versionId } = body.data.createTrainingJobVersion;
    const mine = () => received.events.filter((event) => event.versionId === versionId);
    await until("the new version has completed", () => mine().at(-1)?.terminal);
    expect(mine()[0]).toMatchObject({ status: "INIT", previousStatus: null, gap: false });
    expect(mine().at(-1)).toMatchObject({ status: "COMPLETED" });
    for (const [index, event] of mine().entries()) {
      expect(event.previousStatus).toBe(index === 0 ? null : mine()[index - 1]?.status);
    }
    expect(received.completed).toBe(false);
    await client.dispose();
  });

  it("is served by one poller, however many subscribe", async () => {
    await using house = await startHouse({
      STATUS_POLL_INTERVAL_MS: "200",
      STATUS_POLL_MAX_INTERVAL_MS: "200",
    });
    const { jobId } = runningVersion(house);
    const { client } = connect(house);
    const subscribe = () => collect<Event>(client, { query: JOB_CHANGED, variables: { jobId } });
    const all = Array.from({ length: 50 }, subscribe);
    await until("everybody knows the current status", () => all.every(({ events }) => events.length > 0));
    expect(house.simulator.journal.count("listVersions")).toBeLessThan(10);
    await client.dispose();
  });

  it("shows the same over an event stream", async () => {
    await using house = await startHouse(FAST);
    const { jobId, versionId } = runningVersion(house);
    const stream = await openEventStream(
      house.gateway.url,
      { query: JOB_CHANGED, variables: { jobId } },
      house.simulator.headers,
    );
    await until("the current status has come", () => stream.events.length === 1);
    house.simulator.setStatus(jobId, versionId, STATUS.COMPLETED);
    await until("the change has come", () => stream.events.length === 2);
    expect(stream.events[1]).toMatchObject({
      event: "next",
      data: {
        data: {
          trainingJobStatusChanged: {
            versionId,
            previousStatus: "RUNNING",
            status: "COMPLETED",
            terminal: true,
          },
        },
      },
    });
    stream.close();
  });
});

describe("a credential that expires", () => {
  it("closes its own WebSocket with 4403 without completing, and nobody else's", async () => {
    await using house = await startHouse(FAST);
    const { jobId, versionId } = runningVersion(house);
    const expiring = connect(house);
    const other = connect(house, house.simulator.secondToken);
    const subscribe = (client: typeof other.client) =>
      collect<Event>(client, { query: JOB_CHANGED, variables: { jobId } });
    const [lost, kept] = [subscribe(expiring.client), subscribe(other.client)];
    await until("both are subscribed", () => lost.events.length > 0 && kept.events.length > 0);
    house.simulator.tokens.revoke(house.simulator.token);
    await until("the socket is closed", () => expiring.closes.length > 0);
    expect(expiring.closes).toEqual([4403]);
    expect(lost.completed).toBe(false);
    house.simulator.setStatus(jobId, versionId, STATUS.COMPLETED);
    await until("the other one goes on", () => kept.events.at(-1)?.status === "COMPLETED");
    expect(other.closes).toEqual([]);
    await Promise.all([expiring.client.dispose(), other.client.dispose()]);
  });
});
