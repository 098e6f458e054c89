import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.js";
import { startGateway } from "../support/gateway.js";
import { GraphiQL } from "./graphiql.js";
import { openPage } from "./opened-page.js";

const APOLLO = /^https:\/\/[a-z-]+\.cdn\.apollographql\.com\//;

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

function startAnyGateway(env: Record<string, string> = {}) {
  return startGateway({ MODELARTS_ENDPOINT: "http://127.0.0.1:9", ...env });
}

/** In place of Apollo's script: keeps what the page asks Sandbox for, and shows a frame from Apollo's host as Sandbox does. */
const RECORDER = `window.EmbeddedSandbox = class {
  constructor(options) {
    window.sandboxOptions = options;
    const frame = document.createElement("iframe");
    frame.src = "https://sandbox.embed.apollographql.com/sandbox/explorer";
    document.querySelector(options.target).append(frame);
  }
};`;

async function withApollo(page: Page): Promise<void> {
  await page.route(APOLLO, (route) => route.fulfill({ contentType: "text/javascript", body: RECORDER }));
  await page.route("https://sandbox.embed.apollographql.com/**", (route) =>
    route.fulfill({ contentType: "text/html", body: "<h1>Apollo Sandbox</h1>" }),
  );
}

async function withoutInternet(page: Page): Promise<void> {
  await page.route(APOLLO, (route) => route.abort("namenotresolved"));
}

test("Sandbox is set up for the gateway's endpoint and its WebSocket, whatever address the browser uses", async () => {
  await using gateway = await startAnyGateway();
  const address = gateway.url.replace("127.0.0.1", "localhost");
  await using opened = await openPage(browser, `${address}/graphql`, withApollo);
  const options = await opened.page.waitForFunction("window.sandboxOptions");
  expect(await options.jsonValue()).toMatchObject({
    initialEndpoint: `${address}/graphql`,
    initialSubscriptionEndpoint: `${address.replace("http:", "ws:")}/graphql`,
    endpointIsEditable: false,
    initialState: {
      includeCookies: false,
      headers: { "X-Auth-Token": "", "X-Project-Id": "" },
      document: expect.stringContaining("createTrainingJobVersion"),
      variables: { jobId: "10", input: { jobId: "10" } },
    },
  });
});

test("the page's policy lets Sandbox in: its script, its frame, and nothing is refused", async () => {
  await using gateway = await startAnyGateway();
  await using opened = await openPage(browser, `${gateway.url}/graphql`, withApollo);
  const frame = opened.page.frameLocator("#sandbox iframe");
  await frame.getByRole("heading", { name: "Apollo Sandbox" }).waitFor();
  expect(await opened.page.locator("#notice").isVisible()).toBe(false);
  expect(opened.errors).toEqual([]);
});

test("where Apollo's network cannot be reached, the page says so and leads to the explorer", async () => {
  await using gateway = await startAnyGateway();
  await using opened = await openPage(browser, `${gateway.url}/graphql`, withoutInternet);
  await opened.page.getByRole("heading", { name: "Apollo Sandbox cannot be reached" }).waitFor();
  await opened.page.getByRole("link", { name: "Use GraphiQL instead" }).click();
  await new GraphiQL(opened.page).ready();
  expect(opened.page.url()).toBe(`${gateway.url}/explorer`);
});

test("in production the endpoint shows a browser no page", async () => {
  await using gateway = await startAnyGateway({ NODE_ENV: "production" });
  await using opened = await openPage(browser, `${gateway.url}/graphql`);
  expect(await opened.page.locator("body").innerText()).toContain("The explorers are turned off");
});
