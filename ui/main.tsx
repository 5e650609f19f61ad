// SPDX-License-Identifier: Apache-2.0
// The console's beginning: theme, transport, page. The mock cluster is loaded only in mode `mock`, so that
// the product's bundle does not contain it.

import "@patternfly/react-core/dist/styles/base.css";
import "./console.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import type { Transport } from "./api.js";
import { App } from "./App.js";
import { base } from "./paths.js";
import { idleSeconds, watchPresence } from "./presence.js";
import { startTheme } from "./theme.js";
import { httpTransport } from "./transport.js";

async function chooseTransport(): Promise<Transport> {
  if (import.meta.env.MODE === "mock") return (await import("./mock/main.js")).mockTransport();
  return httpTransport(idleSeconds);
}

startTheme();
watchPresence();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const transport = await chooseTransport();
createRoot(root).render(
  <StrictMode>
    {/* What stands in the address (filters) counts at once: a second click builds on the first one. */}
    <BrowserRouter basename={base} useTransitions={false}>
      <App transport={transport} />
    </BrowserRouter>
  </StrictMode>,
);
