import type { LongId } from "../../domain/index.js";
import { type RestRequest, versionsPath } from "../rest-request.js";

/** `POST .../versions/{version_id}/stop`. The vendor documents no body, so there is none: not even `{}`. */
export function stopVersionRequest(jobId: LongId, versionId: LongId): RestRequest {
  return {
    route: "stop_version",
    group: "mutations",
    method: "POST",
    path: `${versionsPath(jobId)}/${versionId}/stop`,
  };
}
