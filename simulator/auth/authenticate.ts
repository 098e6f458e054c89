import { Refusal } from "../answers.js";
import { type AccessKey, type SignedRequest, verifySignature } from "./signature.js";
import type { TokenStore } from "./tokens.js";

export interface Authenticator {
  /**
   * Lets a request pass that may use the project in its path.
   *
   * @throws Refusal 401 APIGW.0301 without a credential, 403 ModelArts.0210 for another project than the path's, and
   * what {@link TokenStore.projectOf} and {@link verifySignature} throw
   */
  check(request: SignedRequest, projectId: string): void;
}

/** ModelArts.0210: the project in the path is not the credential's. */
export const wrongProject = (): Refusal =>
  new Refusal(403, "ModelArts.0210", "The project ID does not match the credential.");

export function createAuthenticator(options: {
  tokens: TokenStore;
  accessKeys: readonly AccessKey[];
  region: string;
  now(): number;
}): Authenticator {
  const { tokens, accessKeys, region, now } = options;
  const keyOf = (ak: string) => accessKeys.find((key) => key.ak === ak);

  function checkSigned(request: SignedRequest, projectId: string): void {
    const secretOf = (ak: string) => keyOf(ak)?.sk;
    const ak = verifySignature(request, { now: now(), region, service: "modelarts", secretOf });
    const named = request.headers["x-project-id"];
    if (named !== projectId || !keyOf(ak)?.projectIds.includes(projectId)) throw wrongProject();
  }

  return {
    check(request, projectId) {
      const token = request.headers["x-auth-token"];
      if (token !== undefined) {
        if (tokens.projectOf(token) !== projectId) throw wrongProject();
      } else if (request.headers.authorization !== undefined) {
        checkSigned(request, projectId);
      } else {
        throw new Refusal(
          401,
          "APIGW.0301",
          "Incorrect IAM authentication information: X-Auth-Token is missing",
        );
      }
    },
  };
}
