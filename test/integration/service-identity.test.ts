import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Environment } from "../../src/config/index.js";
import { type Gateway, startGateway } from "../support/gateway.js";
import { type GraphqlAnswer, post } from "../support/graphql-client.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { type JournalEntry, startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

const JOB = '{ trainingJob(jobId: "10") { jobName } }';

let simulator: TestSimulator;
let gateway: Gateway;
let directory: string;
beforeEach(async () => {
  simulator = await startSimulator();
  directory = await mkdtemp(join(tmpdir(), "gateway-identity-"));
});
afterEach(async () => {
  await gateway.close();
  await simulator.close();
  await rm(directory, { recursive: true });
});

/** A gateway in service mode whose answers never come from the cache. */
async function startService(identity: Environment): Promise<void> {
  gateway = await startGateway({
    MODELARTS_ENDPOINT: simulator.url,
    MODELARTS_PROJECT_ID: simulator.projectId,
    AUTH_MODE: "service",
    AUTH_PROOF_TTL_MS: "0",
    CACHE_TTL_ACTIVE_MS: "0",
    ...identity,
  });
}

function iamLogin(password: Environment = { MODELARTS_IAM_PASSWORD: "demo-password" }): Environment {
  return {
    MODELARTS_IAM_ENDPOINT: simulator.url,
    MODELARTS_IAM_USERNAME: "demo-user",
    MODELARTS_IAM_DOMAIN_NAME: "demo-domain",
    MODELARTS_IAM_PROJECT_NAME: simulator.projectId,
    ...password,
  };
}

const ask = (query = JOB, variables = {}): Promise<GraphqlAnswer> => post(gateway.url, { query, variables });
const create = (): Promise<GraphqlAnswer> => ask(CREATE, { input: sampleInput() });
const jobName = async (): Promise<unknown> => (await ask()).body.data?.trainingJob?.jobName;
const logins = (): JournalEntry[] => simulator.journal.entries({ route: "createToken" });
const tokenOf = (entry: JournalEntry | undefined): string => entry?.headers["x-auth-token"] ?? "";
const lastCall = (): JournalEntry | undefined =>
  simulator.journal
    .entries()
    .filter(({ route }) => route !== "createToken")
    .at(-1);
const eventsOf = (level: number): unknown[] =>
  gateway.logs.filter((line) => line.level === level).map(({ event }) => event);

/** Everything that the gateway has told anybody, and whether a secret is in it. */
function expectNoSecrets(answers: GraphqlAnswer[], secrets: string[]): void {
  const told = JSON.stringify([gateway.logs, answers.map(({ body }) => body)]);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(5);
    expect(told).not.toContain(secret);
  }
}

describe("a gateway that logs in to IAM", () => {
  it("asks for a token of its project when the first call needs it, once for all calls", async () => {
    await startService(iamLogin());
    expect(simulator.journal.count()).toBe(0);
    const names = await Promise.all(Array.from({ length: 20 }, jobName));
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toEqual(expect.any(String));
    await create();
    expect(logins()).toHaveLength(1);
    expect(JSON.parse(logins()[0]?.body ?? "")).toEqual({
      auth: {
        identity: {
          methods: ["password"],
          password: {
            user: { name: "demo-user", password: "demo-password", domain: { name: "demo-domain" } },
          },
        },
        scope: { project: { name: simulator.projectId } },
      },
    });
  });

  it.each(["revoke", "expire"] as const)(
    "renews its token once when ModelArts refuses it (%s), for lookups and mutations alike",
    async (end) => {
      await startService(iamLogin());
      await ask();
      const first = tokenOf(lastCall());
      simulator.tokens[end](first);
      const names = await Promise.all(Array.from({ length: 10 }, jobName));
      expect(names).not.toContain(undefined);
      expect(logins()).toHaveLength(2);
      expect(tokenOf(lastCall())).not.toBe(first);
    },
  );

  it("sends a mutation again after the renewal, and creates one version", async () => {
    await startService(iamLogin());
    await ask();
    const token = tokenOf(lastCall());
    simulator.tokens.revoke(token);
    const answer = await create();
    expect(answer.body.data?.createTrainingJobVersion.versionId).toEqual(expect.any(String));
    const posts = simulator.journal.entries({ route: "createVersion" });
    expect(posts.filter(({ processed }) => processed)).toHaveLength(1);
    expectNoSecrets([answer], [token, tokenOf(lastCall()), "demo-password"]);
  });

  it("tells the caller that it is not his fault when the renewed token is refused too, and the operator by an error", async () => {
    await startService(iamLogin());
    await ask();
    simulator.faults.add({ route: "listVersions", kind: "unauthorized-echo" });
    simulator.faults.add({ route: "stopVersion", kind: "unauthorized-echo" });
    const read = await ask();
    expect(read.body.errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    const written = await ask(
      'mutation { stopTrainingJobVersion(jobId: "10", versionId: "20") { versionId } }',
    );
    expect(written.body.errors?.[0]?.extensions).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      outcome: "not-sent",
    });
    expect(simulator.journal.entries({ processed: true, route: "stopVersion" })).toEqual([]);
    expect(eventsOf(50)).toContain("service_identity_refused");
    expectNoSecrets([read, written], [tokenOf(lastCall()), "demo-password"]);
  });

  it("does not hammer IAM while ModelArts refuses whatever token it gets", async () => {
    await startService(iamLogin());
    simulator.faults.add({ route: "listVersions", kind: "unauthorized-echo" });
    const began = Date.now();
    for (let i = 0; i < 50; i++) await ask();
    // The first, one for the first refusal, then one each after 0.5, 1, 2 s and so on at the least.
    const allowed = 3 + Math.log2(1 + (Date.now() - began) / 500);
    expect(logins().length).toBeLessThanOrEqual(allowed);
  });

  it("fails with UPSTREAM_UNAVAILABLE while IAM does not let it in, mutations as not sent, and asks IAM once", async () => {
    await startService(iamLogin({ MODELARTS_IAM_PASSWORD: "wrong-password" }));
    const answers = [await ask(), await create(), await ask()];
    for (const { body } of answers)
      expect(body.errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    expect(answers[1]?.body.errors?.[0]?.extensions).toMatchObject({ outcome: "not-sent" });
    expect(simulator.journal.count()).toBe(1);
    expect(eventsOf(50)).toContain("iam_login_failed");
    expectNoSecrets(answers, ["wrong-password", "username or password is wrong"]);
  });

  it("goes on by itself after IAM was away for a moment", async () => {
    await startService(iamLogin());
    simulator.faults.once({ route: "createToken", kind: "reset" });
    expect(await jobName()).toEqual(expect.any(String));
    expect(logins()).toHaveLength(2);
  });

  it("gives nothing of what IAM answers away, whatever that is", async () => {
    await startService({ ...iamLogin(), UPSTREAM_BUDGET_MS: "300" });
    const body = JSON.stringify({ token: { secret: "body-of-iam" } });
    const headers = { "X-Subject-Token": "token-of-iam" };
    simulator.faults.add({ route: "createToken", kind: "answer", status: 201, headers, body });
    const answer = await post(gateway.url, { query: CREATE, variables: { input: sampleInput() } });
    expect(answer.body.errors?.[0]?.extensions).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      outcome: "not-sent",
    });
    expectNoSecrets([answer], ["body-of-iam", "token-of-iam", "demo-password"]);
  });
});

describe("a secret in a file", () => {
  const pathOf = (name: string) => join(directory, name);

  /** Replaces a file in one step, as editors and secret managers do. */
  async function replace(name: string, content: string): Promise<void> {
    await writeFile(pathOf(`${name}.new`), content);
    await rename(pathOf(`${name}.new`), pathOf(name));
  }

  it("is read anew when ModelArts refuses the token in it, and the call succeeds", async () => {
    await writeFile(pathOf("token"), simulator.token);
    await startService({ MODELARTS_TOKEN_FILE: pathOf("token") });
    expect(await jobName()).toEqual(expect.any(String));
    await replace("token", `${simulator.secondToken}\n`);
    simulator.tokens.revoke(simulator.token);
    const answer = await create();
    expect(answer.body.data?.createTrainingJobVersion.versionId).toEqual(expect.any(String));
    expect(tokenOf(lastCall())).toBe(simulator.secondToken);
    expectNoSecrets([answer], [simulator.token, simulator.secondToken]);
  });

  it("is used soon after it was replaced through a symbolic link, as Kubernetes does, while the old one still holds", async () => {
    await writeFile(pathOf("token-1"), simulator.token);
    await writeFile(pathOf("token-2"), simulator.secondToken);
    await symlink("token-1", pathOf("token"));
    await startService({ MODELARTS_TOKEN_FILE: pathOf("token") });
    await ask();
    expect(tokenOf(lastCall())).toBe(simulator.token);
    await symlink("token-2", pathOf("token.new"));
    await rename(pathOf("token.new"), pathOf("token"));
    await until("a call carries the new token", async () => {
      expect(await jobName()).toEqual(expect.any(String));
      return tokenOf(lastCall()) === simulator.secondToken;
    });
    expect(eventsOf(40)).not.toContain("service_identity_renewed");
  });

  it("that goes missing changes nothing, and is warned about once", async () => {
    await writeFile(pathOf("token"), simulator.token);
    await startService({ MODELARTS_TOKEN_FILE: pathOf("token") });
    await rm(pathOf("token"));
    await until("it is noticed", async () => {
      expect(await jobName()).toEqual(expect.any(String));
      return eventsOf(40).includes("secret_file_unusable");
    });
    expect(eventsOf(40)).toEqual(["secret_file_unusable"]);
    await replace("token", simulator.secondToken);
    simulator.tokens.revoke(simulator.token);
    expect(await jobName()).toEqual(expect.any(String));
  });

  it("can be an access key: both parts are taken together", async () => {
    const [key] = simulator.accessKeys;
    await writeFile(pathOf("ak"), "former-ak");
    await writeFile(pathOf("sk"), "former-sk");
    await startService({ MODELARTS_AK_FILE: pathOf("ak"), MODELARTS_SK_FILE: pathOf("sk") });
    const refused = await ask();
    expect(refused.body.errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    await replace("ak", key?.ak ?? "");
    await replace("sk", key?.sk ?? "");
    expect(await jobName()).toEqual(expect.any(String));
    expectNoSecrets([refused], ["former-sk", key?.sk ?? ""]);
  });

  it("can be the password for IAM: a corrected one is tried at once", async () => {
    await writeFile(pathOf("password"), "wrong-password");
    await startService(iamLogin({ MODELARTS_IAM_PASSWORD_FILE: pathOf("password") }));
    expect(await jobName()).toBeUndefined();
    await replace("password", "demo-password");
    await until("it has logged in", async () => (await jobName()) !== undefined);
    expect(logins().map(({ status }) => status)).toEqual([401, 201]);
  });
});
