import type { EnvReader } from "./env-reader.js";
import type { Secret } from "./secret.js";

/** How the gateway logs in to IAM, for a token of one project. */
export interface IamLogin {
  /** Base URL without a trailing slash and without `/v3`. */
  endpoint: string;
  username: string;
  password: Secret;
  /** The account that the user belongs to. */
  domainName: string;
  /** The project that the token shall be for, by its name. */
  projectName: string;
}

/** The gateway's own identity towards the upstream. */
export type ServiceIdentity =
  | { kind: "token"; token: Secret }
  | { kind: "ak-sk"; ak: Secret; sk: Secret; dialect: "huaweicloud" }
  | { kind: "ak-sk"; ak: Secret; sk: Secret; dialect: "otc"; region: string }
  | { kind: "iam-login"; login: IamLogin };

/** Visible ASCII: what a header carries unchanged. */
export const HEADER_SAFE = /^[\x21-\x7e]+$/;

function headerSecret(read: EnvReader, name: string): Secret | undefined {
  const secret = read.secretSource(name);
  if (secret && !HEADER_SAFE.test(secret.value))
    read.problem(`${name} holds characters that none has: it must be visible ASCII without spaces`);
  return secret;
}

function readKeys(read: EnvReader): { given: boolean; identity?: ServiceIdentity } {
  const ak = headerSecret(read, "MODELARTS_AK");
  const sk = read.secretSource("MODELARTS_SK");
  const dialect = read.choice("MODELARTS_SIGNING", "huaweicloud", ["huaweicloud", "otc"]);
  const region = read.text("MODELARTS_REGION");
  const given = ak !== undefined || sk !== undefined;
  if (ak && !sk) read.problem("MODELARTS_SK is missing: MODELARTS_AK needs it");
  if (sk && !ak) read.problem("MODELARTS_AK is missing: MODELARTS_SK needs it");
  if (dialect === "otc" && region === undefined)
    read.problem("MODELARTS_REGION is missing: MODELARTS_SIGNING=otc needs it");
  if (!ak || !sk) return { given };
  if (dialect === "huaweicloud") return { given, identity: { kind: "ak-sk", ak, sk, dialect } };
  return region === undefined ? { given } : { given, identity: { kind: "ak-sk", ak, sk, dialect, region } };
}

function readIamLogin(read: EnvReader): { given: boolean; identity?: ServiceIdentity } {
  const endpoint = read.baseUrl("MODELARTS_IAM_ENDPOINT");
  const username = read.text("MODELARTS_IAM_USERNAME");
  const password = read.secretSource("MODELARTS_IAM_PASSWORD");
  const domainName = read.text("MODELARTS_IAM_DOMAIN_NAME");
  const projectName = read.text("MODELARTS_IAM_PROJECT_NAME");
  const parts = { ENDPOINT: endpoint, USERNAME: username, PASSWORD: password, DOMAIN_NAME: domainName };
  const all = Object.entries({ ...parts, PROJECT_NAME: projectName });
  const missing = all.filter(([, value]) => value === undefined).map(([name]) => `MODELARTS_IAM_${name}`);
  if (missing.length === all.length) return { given: false };
  for (const name of missing) read.problem(`${name} is missing: a login to IAM needs it`);
  if (!endpoint || !username || !password || !domainName || !projectName) return { given: true };
  const login = { endpoint: endpoint.replace(/\/v3$/, ""), username, password, domainName, projectName };
  return { given: true, identity: { kind: "iam-login", login } };
}

/** The one identity that is configured; undefined when there is none. */
export function readIdentity(read: EnvReader): ServiceIdentity | undefined {
  const token = headerSecret(read, "MODELARTS_TOKEN");
  const keys = readKeys(read);
  const iam = readIamLogin(read);
  const given = [
    ...(token ? ["MODELARTS_TOKEN"] : []),
    ...(keys.given ? ["MODELARTS_AK with MODELARTS_SK"] : []),
    ...(iam.given ? ["MODELARTS_IAM_*"] : []),
  ];
  if (given.length > 1) read.problem(`${given.join(" and ")} exclude each other: give one identity`);
  return token ? { kind: "token", token } : (keys.identity ?? iam.identity);
}
