import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSchema, parse } from "graphql";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { Services } from "../../../../src/context.js";
import { createAnswerCache } from "../../../../src/http/front/answer-cache.js";
import { createDirectExecution } from "../../../../src/http/front/direct-execution.js";
import { formOf } from "../../../../src/http/front/form.js";
import { Heads } from "../../../../src/http/front/heads.js";
import { readBody } from "../../../../src/http/front/posted.js";
import { createQueryLimits } from "../../../../src/http/limits/index.js";
import type { AnsweredOperation } from "../../../../src/http/operation-log.js";
import { createErrorPublisher } from "../../../../src/http/public-error.js";

const QUERY = "{ value }";

/** Asks for a value with a document that is known. */
async function askFor(value: unknown): Promise<{ response: Response; recorded: AnsweredOperation[] }> {
  const schema = buildSchema("scalar JSON type Query { value: JSON }");
  Object.assign(schema.getQueryType()?.getFields().value ?? {}, { resolve: () => value });
  const recorded: AnsweredOperation[] = [];
  const heads = new Heads();
  const direct = createDirectExecution({
    schema,
    services: {} as Services,
    limits: createQueryLimits({ maxDepth: 9, maxCost: 99 }),
    rateLimiter: { consume() {}, admits: () => true, async close() {} },
    publishError: createErrorPublisher({ log: pino({ level: "silent" }), hideSuggestions: true }),
    recordOperation: (operation) => void recorded.push(operation),
    answers: createAnswerCache(),
  });
  const caller = { projectId: "p", credentialId: "c", credential: { kind: "service" } } as const;
  const listener: RequestListener = (request, response) =>
    readBody(request, (body) => {
      const form = formOf(request);
      const head = heads.learn(form, { "content-type": "application/json" });
      const startedAt = performance.now();
      const posted = { request, response, body, caller, quotaKey: "", form, head, startedAt };
      direct.learn(posted, parse(QUERY));
      direct.execute(posted);
    });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const headers = { "content-type": "application/json", "x-request-id": "mine" };
    const body = JSON.stringify({ query: QUERY });
    const signal = AbortSignal.timeout(2_000);
    const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers, body, signal });
    return { response, recorded };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it("tells of a defect where no text can be made of a result, and the process goes on", async () => {
  const endless: unknown[] = [];
  endless.push(endless);
  const { response, recorded } = await askFor(endless);
  expect([response.status, response.headers.get("x-request-id")]).toEqual([500, "mine"]);
  const { errors } = (await response.json()) as { errors: { extensions: object }[] };
  expect(errors.map(({ extensions }) => extensions)).toEqual([
    { code: "INTERNAL_SERVER_ERROR", requestId: "mine" },
  ]);
  expect(recorded).toMatchObject([{ requestId: "mine", type: "query", errors }]);
});
