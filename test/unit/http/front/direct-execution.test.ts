import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSchema, parse } from "graphql";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { Services } from "../../../../src/context.js";
import { createAnswerCache } from "../../../../src/http/front/answer-cache.js";
import { Departures } from "../../../../src/http/front/departures.js";
import { createDirectExecution } from "../../../../src/http/front/direct-execution.js";
import { formOf } from "../../../../src/http/front/form.js";
import { Heads } from "../../../../src/http/front/heads.js";
import { readBody } from "../../../../src/http/front/posted.js";
import { createQueryLimits } from "../../../../src/http/limits/index.js";
import type { AnsweredOperation } from "../../../../src/http/operation-log.js";
import { createErrorPublisher } from "../../../../src/http/public-error.js";

const QUERY = "{ value }";

interface Asked {
  /** What the operations that were answered are known by. */
  recorded?: Pick<AnsweredOperation[], "push">;
  /** Has its way with each response before it is used. */
  prepare?: (response: ServerResponse) => void;
}

/** Asks for a value with a document that is known. */
async function askFor(value: unknown, { recorded = [], prepare }: Asked = {}): Promise<Response> {
  const schema = buildSchema("scalar JSON type Query { value: JSON }");
  Object.assign(schema.getQueryType()?.getFields().value ?? {}, { resolve: () => value });
  const heads = new Heads();
  const direct = createDirectExecution({
    schema,
    services: {} as Services,
    limits: createQueryLimits({ maxDepth: 9, maxCost: 99 }),
    rateLimiter: { consume() {}, admits: () => true, async close() {} },
    publishError: createErrorPublisher({ log: pino({ level: "silent" }), hideSuggestions: true }),
    recordOperation: (operation) => void recorded.push(operation),
    answers: createAnswerCache(),
    departures: new Departures(),
  });
  const caller = { projectId: "p", credentialId: "c", credential: { kind: "service" } } as const;
  const listener: RequestListener = (request, response) =>
    readBody(request, (body) => {
      const form = formOf(request);
      const head = heads.learn(form, { "content-type": "application/json" });
      const startedAt = performance.now();
      prepare?.(response);
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
    return await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers, body, signal });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it("tells of a defect where no text can be made of a result, and the process goes on", async () => {
  const endless: unknown[] = [];
  endless.push(endless);
  const recorded: AnsweredOperation[] = [];
  const response = await askFor(endless, { recorded });
  expect([response.status, response.headers.get("x-request-id")]).toEqual([500, "mine"]);
  const { errors } = (await response.json()) as { errors: { extensions: object }[] };
  expect(errors.map(({ extensions }) => extensions)).toEqual([
    { code: "INTERNAL_SERVER_ERROR", requestId: "mine" },
  ]);
  expect(recorded).toMatchObject([{ requestId: "mine", type: "query", errors }]);
});

it("ends the connection of an answer that breaks off behind its head, and tells of it", async () => {
  const recorded: AnsweredOperation[] = [];
  const prepare = (response: ServerResponse) => {
    response.write = () => {
      response.flushHeaders();
      throw new Error("a defect");
    };
  };
  const answer = askFor("anything", { recorded, prepare }).then((response) => response.text());
  await expect(answer).rejects.toThrow(/terminated|fetch failed/);
  expect(recorded).toMatchObject([{ requestId: "mine", errors: [{ extensions: { requestId: "mine" } }] }]);
});

it("gives the whole answer although a defect is met right behind it", async () => {
  const recorded = {
    push() {
      throw new Error("a defect");
    },
  };
  const response = await askFor("anything", { recorded });
  expect(await response.json()).toEqual({ data: { value: "anything" } });
});
