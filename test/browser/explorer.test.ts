import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { type Gateway, startGateway } from "../support/gateway.js";
import { STATUS, startSimulator, type TestSimulator } from "../support/simulator.js";
import { until as untilWithin } from "../support/until.js";
import { GraphiQL } from "./graphiql.js";
import { DEADLINE_MS, openPage } from "./opened-page.js";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

function until(description: string, condition: () => Promise<boolean> | boolean): Promise<boolean> {
  return untilWithin(description, condition, DEADLINE_MS);
}

function gatewayFor(simulator: TestSimulator): Promise<Gateway> {
  return startGateway({
    MODELARTS_ENDPOINT: simulator.url,
    STATUS_POLL_INTERVAL_MS: "50",
    STATUS_POLL_MAX_INTERVAL_MS: "100",
  });
}

/** Opens the explorer, checks what it shows, and that it asked nobody but the gateway and met no error on the way. */
async function withExplorer(gateway: Gateway, use: (graphiql: GraphiQL) => Promise<void>): Promise<void> {
  await using opened = await openPage(browser, `${gateway.url}/explorer`);
  const graphiql = new GraphiQL(opened.page);
  await graphiql.ready();
  await use(graphiql);
  const { host } = new URL(gateway.url);
  expect(opened.requests.filter((address) => new URL(address).host !== host)).toEqual([]);
  expect(opened.errors).toEqual([]);
}

test("the explorer runs from the gateway alone: editors, language services and documentation", async () => {
  await using simulator = await startSimulator();
  await using gateway = await gatewayFor(simulator);
  await withExplorer(gateway, async ({ page }) => {
    await until("the editors' workers run", () => page.workers().length >= 3);
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.getByText("All Schema Types").waitFor();
    await page.getByRole("link", { name: "TrainingJobVersion", exact: true }).waitFor();
  });
});

test("it opens with a lookup, the vendor's sample mutation and a subscription", async () => {
  await using simulator = await startSimulator();
  await using gateway = await gatewayFor(simulator);
  await withExplorer(gateway, async (graphiql) => {
    expect(await graphiql.tabTitles()).toEqual([
      "LookUpTrainingJobs",
      "CreateTrainingJobVersion",
      "WatchTrainingJob",
    ]);
  });
});

test("the lookup goes out with the tab's headers, and its answer is shown", async () => {
  await using simulator = await startSimulator();
  await using gateway = await gatewayFor(simulator);
  await withExplorer(gateway, async (graphiql) => {
    await graphiql.writeHeaders(simulator.headers);
    await graphiql.execute();
    await until("the answer is shown", async () => (await graphiql.result()).includes('"jobTotalCount":'));
  });
  const [call] = simulator.journal.entries({ route: "listJobs" });
  expect(call?.headers["x-auth-token"]).toBe(simulator.token);
  expect(call?.projectId).toBe(simulator.projectId);
});

test("an operation without a token is answered with the error that says so", async () => {
  await using simulator = await startSimulator();
  await using gateway = await gatewayFor(simulator);
  await withExplorer(gateway, async (graphiql) => {
    await graphiql.execute();
    await until("the error is shown", async () => (await graphiql.result()).includes('"UNAUTHENTICATED"'));
  });
});

test("the sample mutation creates a version", async () => {
  await using simulator = await startSimulator();
  await using gateway = await gatewayFor(simulator);
  await withExplorer(gateway, async (graphiql) => {
    await graphiql.openTab("CreateTrainingJobVersion");
    await graphiql.writeHeaders(simulator.headers);
    await graphiql.execute();
    await until("the version is shown", async () => (await graphiql.result()).includes('"status": "INIT"'));
  });
  expect(simulator.journal.count("createVersion")).toBe(1);
});

test("the subscription runs over the WebSocket with the tab's headers, and shows each change", async () => {
  await using simulator = await startSimulator();
  await using gateway = await gatewayFor(simulator);
  const version = simulator.addVersion(10);
  const versionId = String(version.id);
  await withExplorer(gateway, async (graphiql) => {
    const shows = (status: string) =>
      until(`${status} is shown`, async () => {
        const result = await graphiql.result();
        return result.includes(`"versionId": "${versionId}"`) && result.includes(`"status": "${status}"`);
      });
    await graphiql.openTab("WatchTrainingJob");
    await graphiql.writeHeaders(simulator.headers);
    await graphiql.execute();
    await shows("INIT");
    simulator.setStatus(10, version.id, STATUS.RUNNING);
    await shows("RUNNING");
    simulator.setStatus(10, version.id, STATUS.COMPLETED);
    await shows("COMPLETED");
  });
});
