import type { Browser, Page } from "playwright-core";

/** A page in a profile of its own, and what it did that a page of this gateway must not do. */
export interface OpenedPage extends AsyncDisposable {
  page: Page;
  /** Every address that was asked for, WebSockets included. */
  requests: string[];
  /** Console errors (refusals by the Content-Security-Policy among them) and uncaught exceptions. */
  errors: string[];
}

/** A browser on a busy machine takes its time. */
export const DEADLINE_MS = 60_000;

/** Opens the address; `prepare` runs before anything is asked for. */
export async function openPage(
  browser: Browser,
  url: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  context.setDefaultTimeout(DEADLINE_MS);
  const page = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("websocket", (socket) => requests.push(socket.url()));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await prepare?.(page);
  await page.goto(url);
  return { page, requests, errors, [Symbol.asyncDispose]: () => context.close() };
}
