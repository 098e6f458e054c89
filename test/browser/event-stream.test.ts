import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { startGateway } from "../support/gateway.js";
import { STATUS, startSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";
import { DEADLINE_MS, openPage } from "./opened-page.js";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** An application of another origin, with graphql-sse in its page as `graphqlSse`. */
async function startApplication() {
  const library = await readFile("node_modules/graphql-sse/umd/graphql-sse.min.js", "utf8");
  const server = createServer((request, response) => {
    const isPage = request.url === "/";
    response.setHeader("content-type", isPage ? "text/html" : "text/javascript");
    response.end(isPage ? '<link rel="icon" href="data:,"><script src="/graphql-sse.js"></script>' : library);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the page's script subscribes with; it shows the events that it got as the page's title. */
const SUBSCRIBE = `({ url, headers, after }) => {
  const statuses = [];
  const client = graphqlSse.createClient({ url, headers });
  window.end = () => client.dispose();
  client.subscribe(
    {
      query: \`subscription ($jobId: ID!, $after: String) {
        trainingJobStatusChanged(jobId: $jobId, after: $after) { cursor status gap }
      }\`,
      variables: { jobId: "10", after },
    },
    {
      next({ data, errors }) {
        const { cursor, status, gap } = data?.trainingJobStatusChanged ?? { status: JSON.stringify(errors) };
        window.cursor = cursor;
        statuses.push(gap ? status + " after a gap" : status);
        document.title = statuses.join(" ");
      },
      error() {},
      complete() {},
    },
  );
}`;

test("an application of a listed origin watches a job from a browser by Server-Sent Events, and goes on after its cursor", async () => {
  await using simulator = await startSimulator();
  await using application = await startApplication();
  await using gateway = await startGateway({
    MODELARTS_ENDPOINT: simulator.url,
    STATUS_POLL_INTERVAL_MS: "50",
    CORS_ORIGINS: application.origin,
  });
  const { id } = simulator.addVersion(10);
  simulator.setStatus(10, id, STATUS.WAITING);
  await using opened = await openPage(browser, application.origin);
  const { page } = opened;
  const subscribe = (after?: string) =>
    page.evaluate(
      `(${SUBSCRIBE})(${JSON.stringify({ url: `${gateway.url}/graphql/stream`, headers: simulator.headers, after })})`,
    );
  const shows = (statuses: RegExp) =>
    until(`the page shows ${statuses}`, async () => statuses.test(await page.title()), DEADLINE_MS);

  await subscribe();
  await shows(/WAITING$/);
  simulator.setStatus(10, id, STATUS.RUNNING);
  await shows(/WAITING RUNNING$/);
  const cursor = await page.evaluate<string>("window.end(); window.cursor");
  simulator.setStatus(10, id, STATUS.COMPLETED);
  await subscribe(cursor);
  await shows(/^COMPLETED( after a gap)?$/);
  expect(opened.errors).toEqual([]);
});
