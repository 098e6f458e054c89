import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./main.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { IDENTITY_HEADERS, SAMPLES } from "../src/http/pages/samples.js";

const endpoint = new URL("/graphql", window.location.href);
const webSocketEndpoint = new URL(endpoint);
webSocketEndpoint.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

// The fetcher opens one WebSocket for each subscription, with the tab's headers as its connectionParams.
const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  subscriptionUrl: webSocketEndpoint.href,
  enableIncrementalDelivery: false,
});

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

const headers = json(IDENTITY_HEADERS);
const tabs = SAMPLES.map(({ query, variables }) => ({ query, variables: json(variables), headers }));

const root = document.getElementById("root");
if (!root) throw new Error("The page has no element with the id root.");
createRoot(root).render(
  <StrictMode>
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={tabs}
      defaultHeaders={headers}
      defaultEditorToolsVisibility="headers"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>ModelArts gateway</GraphiQL.Logo>
    </GraphiQL>
  </StrictMode>,
);
