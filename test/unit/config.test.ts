import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, ConfigurationError, type Environment, loadConfig } from "../../src/config/index.js";

const ENDPOINT = "https://modelarts.example.com";

function load(env: Environment = {}): Config {
  return loadConfig({ MODELARTS_ENDPOINT: ENDPOINT, ...env });
}

/** The problems of an environment, beside an endpoint that is right. */
function problemsOf(env: Environment): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "gateway-config-"));
});

afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe("the defaults", () => {
  test("need nothing but the endpoint", () => {
    expect(load()).toEqual({
      http: {
        port: 4000,
        host: "0.0.0.0",
        corsOrigins: [],
        trustedProxies: [],
        maxBodyBytes: 102_400,
        explorer: true,
        readyRequires: [],
        shutdownDelayMs: 0,
        shutdownGraceMs: 10_000,
      },
      limits: {
        maxQueryDepth: 12,
        maxQueryCost: 10_000,
        operationsPerMinute: 0,
        subscriptionsPerCredential: 100,
        subscriptionsMax: 20_000,
      },
      auth: { mode: "passthrough", allowedProjects: [], proofTtlMs: 60_000 },
      upstream: {
        endpoint: ENDPOINT,
        timeoutMs: 10_000,
        budgetMs: 15_000,
        maxConnections: 64,
        callsPerMinute: 0,
      },
      cache: { activeTtlMs: 2_000, terminalTtlMs: 300_000, specsTtlMs: 300_000, scope: "credential" },
      watch: { pollIntervalMs: 2_000, maxPollIntervalMs: 15_000, historyLength: 1_024 },
      log: { level: "info", format: "json" },
      workers: 1,
    });
  });

  test("hold for variables that are empty or blank", () => {
    expect(load({ PORT: "", HOST: " ", LOG_LEVEL: "", CORS_ORIGINS: " , " })).toEqual(load());
  });

  test("turn the explorers off in production, unless they are asked for", () => {
    expect(load({ NODE_ENV: "production" }).http.explorer).toBe(false);
    expect(load({ NODE_ENV: "production", EXPLORER: "true" }).http.explorer).toBe(true);
  });

  test("cannot be changed afterwards, in whatever depth", () => {
    const config = load({ MODELARTS_TOKEN: "t", REDIS_CLUSTER_NODES: "c1:7000" });
    const identity = config.upstream.identity as { token: { value: string } };
    expect(() => Object.assign(config, { log: {} })).toThrow(TypeError);
    expect(() => Object.assign(identity.token, { value: "other" })).toThrow(TypeError);
    expect(() => config.http.corsOrigins.push("https://a.example.com")).toThrow(TypeError);
  });

  test("never poll more slowly at most than at least", () => {
    expect(load({ STATUS_POLL_INTERVAL_MS: "60000" }).watch.maxPollIntervalMs).toBe(60_000);
  });
});

describe("what is set", () => {
  test("is read into the configuration", () => {
    const config = load({
      PORT: "0",
      CORS_ORIGINS: "https://a.example.com, https://b.example.com:8443",
      TRUSTED_PROXIES: "10.0.0.0/8,::1",
      READY_REQUIRES: "redis,upstream",
      MAX_QUERY_COST: "500",
      RATE_LIMIT_PER_MINUTE: "600",
      CACHE_SCOPE: "project",
      LOG_FORMAT: "pretty",
    });
    expect(config.http).toMatchObject({
      port: 0,
      corsOrigins: ["https://a.example.com", "https://b.example.com:8443"],
      trustedProxies: ["10.0.0.0/8", "::1"],
      readyRequires: ["redis", "upstream"],
    });
    expect(config.limits).toMatchObject({ maxQueryCost: 500, operationsPerMinute: 600 });
    expect(config.cache.scope).toBe("project");
    expect(config.log.format).toBe("pretty");
  });

  test("as the endpoint may end in a slash and have a path", () => {
    expect(load({ MODELARTS_ENDPOINT: `${ENDPOINT}/gateway//` }).upstream.endpoint).toBe(
      `${ENDPOINT}/gateway`,
    );
  });

  test("as the default project is one of those that service mode serves", () => {
    const config = load({
      AUTH_MODE: "service",
      MODELARTS_TOKEN: "t",
      MODELARTS_PROJECT_ID: "p1",
      MODELARTS_PROJECTS: "p2,p1",
    });
    expect(config.auth).toMatchObject({
      mode: "service",
      defaultProjectId: "p1",
      allowedProjects: ["p1", "p2"],
    });
  });
});

describe("the gateway's own identity", () => {
  const iam = {
    MODELARTS_IAM_ENDPOINT: "https://iam.example.com",
    MODELARTS_IAM_USERNAME: "user",
    MODELARTS_IAM_PASSWORD: "password",
    MODELARTS_IAM_DOMAIN_NAME: "domain",
    MODELARTS_IAM_PROJECT_NAME: "project",
  };

  test("is a token, or AK and SK in one of two signing dialects", () => {
    expect(load({ MODELARTS_TOKEN: "t" }).upstream.identity).toEqual({
      kind: "token",
      token: { value: "t" },
    });
    const keys = { MODELARTS_AK: "ak", MODELARTS_SK: "sk" };
    expect(load(keys).upstream.identity).toEqual({
      kind: "ak-sk",
      ak: { value: "ak" },
      sk: { value: "sk" },
      dialect: "huaweicloud",
    });
    expect(load({ ...keys, MODELARTS_SIGNING: "otc", MODELARTS_REGION: "eu-de" }).upstream.identity).toEqual({
      kind: "ak-sk",
      ak: { value: "ak" },
      sk: { value: "sk" },
      dialect: "otc",
      region: "eu-de",
    });
  });

  test("is a login to IAM, whose endpoint may be given with its version", () => {
    const login = {
      endpoint: "https://iam.example.com",
      username: "user",
      password: { value: "password" },
      domainName: "domain",
      projectName: "project",
    };
    expect(load(iam).upstream.identity).toEqual({ kind: "iam-login", login });
    expect(load({ ...iam, MODELARTS_IAM_ENDPOINT: "https://iam.example.com/v3/" }).upstream).toEqual(
      load(iam).upstream,
    );
  });

  test("by login to IAM is all of its five variables or none, every missing one named", () => {
    for (const [name, value] of Object.entries(iam)) {
      expect(problemsOf({ ...iam, [name]: "" })).toEqual([`${name} is missing: a login to IAM needs it`]);
      expect(problemsOf({ [name]: value })).toEqual(
        Object.keys(iam)
          .filter((other) => other !== name)
          .map((missing) => `${missing} is missing: a login to IAM needs it`),
      );
    }
  });

  test("is one of the three kinds, not several", () => {
    expect(problemsOf({ ...iam, MODELARTS_TOKEN: "t", MODELARTS_AK: "ak" })).toEqual([
      "MODELARTS_SK is missing: MODELARTS_AK needs it",
      "MODELARTS_TOKEN and MODELARTS_AK with MODELARTS_SK and MODELARTS_IAM_* exclude each other: give one identity",
    ]);
    expect(
      problemsOf({ MODELARTS_TOKEN: "t", MODELARTS_IAM_USERNAME: "user" }).filter((problem) =>
        problem.includes("exclude"),
      ),
    ).toEqual(["MODELARTS_TOKEN and MODELARTS_IAM_* exclude each other: give one identity"]);
  });

  test.each(["MODELARTS_TOKEN", "MODELARTS_AK"])("is refused when no header can carry it: %s", (name) => {
    expect(problemsOf({ [name]: "two\nlines" })).toContain(
      `${name} holds characters that none has: it must be visible ASCII without spaces`,
    );
  });

  test.each([
    [{ MODELARTS_AK: "ak" }, "MODELARTS_SK is missing: MODELARTS_AK needs it"],
    [{ MODELARTS_SK: "sk" }, "MODELARTS_AK is missing: MODELARTS_SK needs it"],
    [
      { MODELARTS_TOKEN: "t", MODELARTS_AK: "ak", MODELARTS_SK: "sk" },
      "MODELARTS_TOKEN and MODELARTS_AK with MODELARTS_SK exclude each other: give one identity",
    ],
    [
      { MODELARTS_AK: "ak", MODELARTS_SK: "sk", MODELARTS_SIGNING: "otc" },
      "MODELARTS_REGION is missing: MODELARTS_SIGNING=otc needs it",
    ],
  ])("is refused when it is incomplete or ambiguous: %o", (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });

  test("and a project are needed in service mode", () => {
    expect(problemsOf({ AUTH_MODE: "service" })).toEqual([
      "AUTH_MODE=service needs MODELARTS_TOKEN, or MODELARTS_AK and MODELARTS_SK, or the five of MODELARTS_IAM_*",
      "AUTH_MODE=service needs MODELARTS_PROJECT_ID or MODELARTS_PROJECTS",
    ]);
  });
});

describe("Redis", () => {
  test("is not used when none is named", () => {
    expect(load({ REDIS_KEY_PREFIX: "mine:" }).redis).toBeUndefined();
  });

  test("is one server, a sentinel group or a cluster", () => {
    expect(load({ REDIS_URL: "rediss://cache:6380" }).redis).toEqual({
      target: { kind: "single", url: "rediss://cache:6380" },
      tls: false,
      keyPrefix: "modelarts-gateway:",
      timeoutMs: 500,
    });
    const sentinel = {
      REDIS_SENTINELS: "s1:26379,[::1]:26380",
      REDIS_SENTINEL_NAME: "main",
      REDIS_SENTINEL_PASSWORD: "x",
    };
    expect(load(sentinel).redis?.target).toEqual({
      kind: "sentinel",
      name: "main",
      sentinels: [
        { host: "s1", port: 26_379 },
        { host: "::1", port: 26_380 },
      ],
      sentinelPassword: "x",
    });
    expect(
      load({ REDIS_CLUSTER_NODES: "c1:7000", REDIS_TLS: "true", REDIS_USERNAME: "u" }).redis,
    ).toMatchObject({
      target: { kind: "cluster", nodes: [{ host: "c1", port: 7_000 }] },
      tls: true,
      username: "u",
    });
  });

  test.each([
    [
      { REDIS_URL: "redis://a", REDIS_CLUSTER_NODES: "c1:7000" },
      "REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES exclude each other: set one of them",
    ],
    [{ REDIS_SENTINELS: "s1:26379" }, "REDIS_SENTINEL_NAME is missing: REDIS_SENTINELS needs it"],
    [{ REDIS_SENTINEL_NAME: "main" }, "REDIS_SENTINELS is missing: REDIS_SENTINEL_NAME needs it"],
    [
      { REDIS_CLUSTER_NODES: "c1" },
      'REDIS_CLUSTER_NODES holds "c1": each item must be host:port, with a port from 1 to 65535',
    ],
    [
      { REDIS_CLUSTER_NODES: "c1:99999" },
      'REDIS_CLUSTER_NODES holds "c1:99999": each item must be host:port, with a port from 1 to 65535',
    ],
    [{ REDIS_URL: "redis://a:0" }, "REDIS_URL must have a port from 1 to 65535, or none"],
    [{ REDIS_URL: "redis://a/b" }, "REDIS_URL must end with the number of a database, or with none"],
    [{ REDIS_URL: "http://a" }, "REDIS_URL must be a URL that starts with redis:// or rediss://"],
  ])("that is named wrongly is refused: %o", (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });
});

describe("a duration that a timer counts", () => {
  const names = [
    "UPSTREAM_TIMEOUT_MS",
    "UPSTREAM_BUDGET_MS",
    "SHUTDOWN_DELAY_MS",
    "SHUTDOWN_GRACE_MS",
    "STATUS_POLL_MAX_INTERVAL_MS",
  ];

  test.each(names)("has room for 24.8 days and no more, as Node's timers have: %s", (name) => {
    expect(problemsOf({ [name]: "2147483647" })).toEqual([]);
    expect(problemsOf({ [name]: "2147483648" })).toEqual([
      expect.stringMatching(`^${name} is "2147483648": it must be a whole number from \\d+ to 2147483647$`),
    ]);
  });
});

describe("the default project", () => {
  test("is one", () => {
    expect(problemsOf({ MODELARTS_PROJECT_ID: "a,b" })).toEqual([
      'MODELARTS_PROJECT_ID is "a,b": it must be 1 to 64 of A-Z, a-z, 0-9, _ and -',
    ]);
  });
});

describe("what is wrong", () => {
  test("is reported all at once, each with its variable and what would be right", () => {
    const env = {
      MODELARTS_ENDPOINT: "",
      PORT: "70000",
      LOG_LEVEL: "loud",
      EXPLORER: "yes",
      MAX_QUERY_DEPTH: "1.5",
      CORS_ORIGINS: "https://a.example.com/app",
      MODELARTS_PROJECT_ID: "no/slash",
      STATUS_POLL_INTERVAL_MS: "10",
    };
    expect(problemsOf(env).toSorted()).toEqual([
      'CORS_ORIGINS holds "https://a.example.com/app": each item must be an origin such as https://app.example.com, without a path',
      'EXPLORER is "yes": it must be one of true, false',
      'LOG_LEVEL is "loud": it must be one of trace, debug, info, warn, error, fatal, silent',
      'MAX_QUERY_DEPTH is "1.5": it must be a whole number of 1 or more',
      "MODELARTS_ENDPOINT is missing: the base URL of ModelArts, e.g. https://modelarts.eu-de.otc.t-systems.com",
      'MODELARTS_PROJECT_ID is "no/slash": it must be 1 to 64 of A-Z, a-z, 0-9, _ and -',
      'PORT is "70000": it must be a whole number from 0 to 65535',
      'STATUS_POLL_INTERVAL_MS is "10": it must be a whole number from 20 to 2147483647',
    ]);
  });

  test("makes one message with a line for each problem", () => {
    expect(() => load({ PORT: "x", HOST: "ok", LOG_FORMAT: "xml" })).toThrow(
      'The configuration has 2 problem(s):\n  - PORT is "x": it must be a whole number from 0 to 65535\n' +
        '  - LOG_FORMAT is "xml": it must be one of json, pretty',
    );
  });

  test.each([
    [
      { MODELARTS_ENDPOINT: "modelarts.example.com" },
      "MODELARTS_ENDPOINT must be a URL that starts with http:// or https://",
    ],
    [
      { MODELARTS_ENDPOINT: "https://user:pass@modelarts.example.com" },
      "MODELARTS_ENDPOINT must have no credentials, query or fragment",
    ],
    [
      {
        MODELARTS_IAM_ENDPOINT: "https://iam.example.com?x=1",
        MODELARTS_IAM_USERNAME: "u",
        MODELARTS_IAM_PASSWORD: "p",
        MODELARTS_IAM_DOMAIN_NAME: "d",
        MODELARTS_IAM_PROJECT_NAME: "n",
      },
      "MODELARTS_IAM_ENDPOINT must have no credentials, query or fragment",
    ],
    [
      { TRUSTED_PROXIES: "proxy" },
      'TRUSTED_PROXIES holds "proxy": each item must be an IP address or a range such as 10.0.0.0/8',
    ],
    [
      { TRUSTED_PROXIES: "10.0.0.0/33" },
      'TRUSTED_PROXIES holds "10.0.0.0/33": each item must be an IP address or a range such as 10.0.0.0/8',
    ],
    [{ READY_REQUIRES: "mysql" }, 'READY_REQUIRES holds "mysql": each item must be redis or upstream'],
    [
      { STATUS_POLL_INTERVAL_MS: "5000", STATUS_POLL_MAX_INTERVAL_MS: "4000" },
      "STATUS_POLL_MAX_INTERVAL_MS is 4000: it must not be less than STATUS_POLL_INTERVAL_MS (5000)",
    ],
  ])("is told clearly: %o", (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });
});

describe("a secret", () => {
  test("is read from the file that NAME_FILE names, without the line end", () => {
    const path = fileWith("token", "from-file\n");
    expect(load({ MODELARTS_TOKEN_FILE: path }).upstream.identity).toEqual({
      kind: "token",
      token: { value: "from-file", file: path },
    });
  });

  test.each([
    "MODELARTS_TOKEN",
    "MODELARTS_AK",
    "MODELARTS_SK",
    "MODELARTS_IAM_PASSWORD",
    "KEY_HASH_SECRET",
    "REDIS_URL",
    "REDIS_PASSWORD",
  ])("%s is refused when it is given twice, or when its file is missing or empty", (name) => {
    const both = { [name]: "hidden-value", [`${name}_FILE`]: fileWith(`${name}-both`, "hidden-value") };
    expect(problemsOf(both)).toContain(`${name} and ${name}_FILE are both set: give one of them`);
    const missing = join(directory, "missing");
    expect(problemsOf({ [`${name}_FILE`]: missing })).toContain(
      `${name}_FILE: cannot read ${missing} (ENOENT)`,
    );
    const empty = fileWith(`${name}-empty`, "\n");
    expect(problemsOf({ [`${name}_FILE`]: empty })).toContain(`${name}_FILE: the file ${empty} is empty`);
  });

  test("never appears in a message, however wrong it and everything else is", () => {
    const secret = "hunter2-hunter2";
    const problems = problemsOf({
      PORT: "x",
      MODELARTS_TOKEN: secret,
      MODELARTS_AK: secret,
      MODELARTS_SK_FILE: fileWith("sk", secret),
      MODELARTS_SK: secret,
      MODELARTS_SIGNING: "otc",
      MODELARTS_IAM_PASSWORD: secret,
      KEY_HASH_SECRET: secret,
      REDIS_URL: `http://:${secret}@redis`,
      REDIS_PASSWORD: secret,
      REDIS_SENTINEL_PASSWORD: secret,
    });
    expect(problems.length).toBeGreaterThan(4);
    expect(problems.join("\n")).not.toContain("hunter2");
  });
});

describe("docs/configuration.md", () => {
  const text = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const rows = text
    .split("\n")
    .map((line) => /^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/.exec(line))
    .filter((row) => row !== null)
    .map(([, name = "", fallback = "", meaning = ""]) => ({ name, fallback, meaning }));

  /** Every variable that loadConfig asks for. */
  function variablesRead(): Set<string> {
    const names = new Set<string>();
    const empty = new Proxy<Environment>({}, { get: (_env, name) => void names.add(String(name)) });
    expect(() => loadConfig(empty)).toThrow(ConfigurationError);
    return names;
  }

  test("lists exactly the variables that are read", () => {
    const read = [...variablesRead()].filter((name) => !name.endsWith("_FILE"));
    expect(rows.map(({ name }) => name).toSorted()).toEqual(read.toSorted());
  });

  test("marks as secret exactly those that are also read from a file", () => {
    const fromFile = [...variablesRead()].filter((name) => name.endsWith("_FILE"));
    const secrets = rows.filter(({ meaning }) => meaning.includes("*secret*"));
    expect(secrets.map(({ name }) => `${name}_FILE`).toSorted()).toEqual(fromFile.toSorted());
  });

  test("says a meaning and a default for each", () => {
    for (const { name, fallback, meaning } of rows) {
      expect([name, fallback]).not.toEqual([name, ""]);
      expect(meaning.length, name).toBeGreaterThan(3);
    }
  });

  const settable = rows.filter(({ fallback }) => !fallback.startsWith("none"));

  test.each(settable)("$name: setting the default changes nothing", ({ name, fallback }) => {
    const redis = { REDIS_URL: "redis://localhost" };
    expect(load({ ...redis, [name]: fallback })).toEqual(load(redis));
  });
});
