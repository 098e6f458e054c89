import { describe, expect, it } from "vitest";
import { type StatusEvent, statusFromCode } from "../../../src/domain/index.js";
import { aVersion, id } from "./entities.js";
import { dataOf, Gateway } from "./gateway.js";
import { withinCoverage } from "./project.js";

const ofJob = (selection: string) => `subscription { trainingJobStatusChanged(jobId: 10) { ${selection} } }`;
const observed = withinCoverage(aVersion({ specCode: "spec", trainUrl: "/usr/train/" }), "list");

function anEvent(fields: Partial<StatusEvent> = {}): StatusEvent {
  return {
    cursor: "1",
    jobId: id("10"),
    versionId: id("20"),
    ...statusFromCode(8),
    previousStatus: null,
    observedAt: 1_524_189_990_635,
    gap: false,
    version: observed,
    ...fields,
  };
}

function gatewayTelling(...events: StatusEvent[]): Gateway {
  const gateway = new Gateway();
  gateway.events = events;
  gateway.project.contents.jobs[0]?.versions.splice(
    0,
    1,
    aVersion({ specCode: "spec", trainUrl: "/usr/train/" }),
  );
  return gateway;
}

describe("trainingJobStatusChanged", () => {
  it("tells every event, in order, with all its fields", async () => {
    const gateway = gatewayTelling(
      anEvent({ ...statusFromCode(1), cursor: "1", gap: true }),
      anEvent({ ...statusFromCode(10), cursor: "2", previousStatus: "INIT" }),
    );
    const fields = "cursor jobId versionId status statusCode previousStatus terminal observedAt gap";
    const results = await gateway.follow(ofJob(fields));
    const both = { jobId: "10", versionId: "20", observedAt: "2018-04-20T02:06:30.635Z" };
    const first = {
      cursor: "1",
      status: "INIT",
      statusCode: 1,
      previousStatus: null,
      terminal: false,
      gap: true,
    };
    const last = {
      cursor: "2",
      status: "COMPLETED",
      statusCode: 10,
      previousStatus: "INIT",
      terminal: true,
      gap: false,
    };
    expect(results.map(dataOf)).toEqual([
      { trainingJobStatusChanged: { ...both, ...first } },
      { trainingJobStatusChanged: { ...both, ...last } },
    ]);
  });

  it("watches all versions of the job, for the caller", async () => {
    const gateway = gatewayTelling();
    await gateway.follow(ofJob("cursor"));
    expect(gateway.watched).toEqual([
      { caller: expect.objectContaining({ projectId: "p" }), requestId: "r", quotaKey: "q", jobId: "10" },
    ]);
  });
});

describe("trainingJobVersionStatusChanged", () => {
  const ofVersion = (after: string) =>
    `subscription { trainingJobVersionStatusChanged(jobId: 10, versionId: 20${after}) { cursor } }`;

  it("watches that version", async () => {
    const gateway = gatewayTelling(anEvent());
    const results = await gateway.follow(ofVersion(""));
    expect(results.map(dataOf)).toEqual([{ trainingJobVersionStatusChanged: { cursor: "1" } }]);
    expect(gateway.watched[0]).toMatchObject({ jobId: "10", versionId: "20" });
    expect(gateway.watched[0]).not.toHaveProperty("after");
  });

  it.each([
    [', after: "7"', "7"],
    [', after: ""', ""],
  ])("hands on the cursor%s", async (argument, after) => {
    const gateway = gatewayTelling();
    await gateway.follow(ofVersion(argument));
    expect(gateway.watched[0]?.after).toBe(after);
  });

  it("takes the cursor null for none", async () => {
    const gateway = gatewayTelling();
    await gateway.follow(ofVersion(", after: null"));
    expect(gateway.watched[0]).not.toHaveProperty("after");
  });
});

describe("an event's version", () => {
  const eventWith = async (gateway: Gateway, selection: string) =>
    dataOf((await gateway.follow(ofJob(`version { ${selection} }`)))[0] ?? {});

  it("comes from the poll, without a lookup", async () => {
    const gateway = gatewayTelling(anEvent({ version: { ...observed, trainUrl: "/as/observed/" } }));
    const data = await eventWith(gateway, "trainUrl");
    expect(data).toEqual({ trainingJobStatusChanged: { version: { trainUrl: "/as/observed/" } } });
    expect(gateway.project.asked).toEqual([]);
  });

  it("takes from its details only the specCode, which the poll does not see", async () => {
    const gateway = gatewayTelling(anEvent({ version: { ...observed, ...statusFromCode(7) } }));
    const data = await eventWith(gateway, "status specCode");
    expect(data).toEqual({ trainingJobStatusChanged: { version: { status: "WAITING", specCode: "spec" } } });
    expect(gateway.project.asked).toEqual(["trainingJobVersion 10/20 details"]);
  });

  it("is looked up anew where the poll's is not known any more", async () => {
    const gateway = gatewayTelling(anEvent({ version: null }));
    const data = await eventWith(gateway, "trainUrl");
    expect(data).toEqual({ trainingJobStatusChanged: { version: { trainUrl: "/usr/train/" } } });
    expect(gateway.project.asked).toEqual(["trainingJobVersion 10/20 list fresh"]);
  });
});
