/** A Content-Security-Policy: each directive with its sources. */
export type ContentSecurityPolicy = Readonly<Record<string, readonly string[]>>;

/** The headers with which every page of the gateway is sent: nobody frames it, nothing but the policy's sources is loaded. */
export function pageHeaders(policy: ContentSecurityPolicy): Record<string, string> {
  return {
    "content-security-policy": Object.entries(policy)
      .map(([directive, sources]) => [directive, ...sources].join(" "))
      .join("; "),
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  };
}
