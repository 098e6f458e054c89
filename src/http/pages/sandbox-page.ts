import { createHash } from "node:crypto";
import { pageHeaders } from "./page-headers.js";
import { IDENTITY_HEADERS, SAMPLES } from "./samples.js";

/** A page that is the same for everyone. */
export interface Page {
  html: string;
  headers: Record<string, string>;
}

const CDN = "https://embeddable-sandbox.cdn.apollographql.com";
/** The major version whose options are used here; Apollo Server 5's own landing page takes the same. */
const SCRIPT_URL = `${CDN}/v2/embeddable-sandbox.umd.production.min.js`;
const FRAME_ORIGIN = "https://sandbox.embed.apollographql.com";

const STYLE = `
  html, body { height: 100%; margin: 0; }
  body { display: flex; flex-direction: column; font: 14px/1.5 system-ui, sans-serif; color: #1b2240; background: #fff; }
  header { display: flex; gap: 1.5em; padding: 0.4em 1em; border-bottom: 1px solid #d9dce6; }
  header strong { flex: 1; font-weight: 600; }
  a { color: #15509f; }
  #sandbox { flex: 1; min-height: 0; }
  #sandbox iframe { display: block; width: 100%; height: 100%; border: 0; }
  #notice { max-width: 38em; margin: 0 auto; padding: 15vh 1.5em 0; }
  #notice h1 { font-size: 1.4em; }
  [hidden] { display: none; }
`;

/** For JSON inside a script element: nothing in it may end the element. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** https://www.apollographql.com/docs/graphos/platform/sandbox#options */
function sandboxOptions(): Record<string, unknown> {
  return {
    target: "#sandbox",
    initialState: {
      document: SAMPLES.map((sample) => sample.query).join("\n"),
      variables: Object.assign({}, ...SAMPLES.map((sample) => sample.variables)),
      headers: IDENTITY_HEADERS,
      includeCookies: false,
      pollForSchemaUpdates: false,
    },
    hideCookieToggle: true,
    endpointIsEditable: false,
    runTelemetry: false,
    allowDynamicStyles: false,
  };
}

function startScript(endpointPath: string): string {
  return `
  const endpoint = new URL(${jsonForScript(endpointPath)}, window.location.href);
  const webSocketEndpoint = new URL(endpoint);
  webSocketEndpoint.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";
  const options = {
    ...${jsonForScript(sandboxOptions())},
    initialEndpoint: endpoint.href,
    initialSubscriptionEndpoint: webSocketEndpoint.href,
  };
  const show = (id) => {
    for (const part of ["loading", "unreachable"]) document.getElementById(part).hidden = part !== id;
    document.getElementById("notice").hidden = id === undefined;
  };
  const script = document.createElement("script");
  script.src = ${jsonForScript(SCRIPT_URL)};
  script.onerror = () => show("unreachable");
  script.onload = () => {
    show(undefined);
    new window.EmbeddedSandbox(options);
  };
  show("loading");
  document.head.append(script);
`;
}

function contentHash(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
}

/**
 * Apollo Sandbox, set up for this gateway's endpoint and its WebSocket. It comes from Apollo's network; where that
 * cannot be reached the page points to the explorer, which needs nothing but the gateway.
 *
 * @param options.endpointPath where GraphQL is served, over HTTP and WebSocket
 * @param options.explorerPath where the gateway's own explorer is served
 */
export function sandboxPage(options: { endpointPath: string; explorerPath: string }): Page {
  const script = startScript(options.endpointPath);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ModelArts gateway: Apollo Sandbox</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header><strong>ModelArts gateway</strong><a href="${options.explorerPath}">GraphiQL (works without internet)</a></header>
<main id="sandbox">
<section id="notice">
<p id="loading" hidden>Loading Apollo Sandbox from Apollo's network ...</p>
<div id="unreachable" hidden>
<h1>Apollo Sandbox cannot be reached</h1>
<p>It is loaded from Apollo's network, which did not answer this browser.
<a href="${options.explorerPath}">Use GraphiQL instead</a>: this gateway serves it by itself.</p>
</div>
<noscript><p>Apollo Sandbox and GraphiQL need JavaScript.</p></noscript>
</section>
</main>
<script>${script}</script>
</body>
</html>
`;
  const headers = pageHeaders({
    "default-src": ["'none'"],
    "script-src": [contentHash(script), CDN],
    "style-src": [contentHash(STYLE)],
    "img-src": ["data:"],
    "frame-src": [FRAME_ORIGIN],
    "connect-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
  });
  return { html, headers };
}
