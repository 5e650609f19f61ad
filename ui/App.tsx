// SPDX-License-Identifier: Apache-2.0
// Three gates, in this order: does a node answer, is somebody logged in, which page. Below the second one
// there is a session and a live stream.

import { Bullseye, Spinner } from "@patternfly/react-core";
import { QueryClientProvider, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { Suspense, useState, type ReactNode } from "react";
import type { Transport } from "./api.js";
import { queryClient, TransportProvider } from "./asking.js";
import { HandOverGuard } from "./handover/HandOverGuard.js";
import { LiveProvider } from "./live/live.js";
import { FailureAlert } from "./parts/FailureAlert.js";
import { pagePart } from "./parts/page-part.js";
import { PageBoundary } from "./parts/PageBoundary.js";
import NobodyAnswers from "./pages/nobody/NobodyAnswers.js";
import { ConsoleRoutes } from "./routes.js";
import { SessionProvider, sessionWay, useSessionHold } from "./session.js";

const Login = pagePart(() => import("./pages/login/Login.js"));

export function App({ transport }: { readonly transport: Transport }): ReactNode {
  const [client] = useState(() => clientThatNoticesTheEnd());
  return (
    <QueryClientProvider client={client}>
      <TransportProvider value={transport}>
        <SessionProvider>
          <PageBoundary isAll>
            <Suspense fallback={<Waiting />}>
              <Gates />
            </Suspense>
          </PageBoundary>
        </SessionProvider>
      </TransportProvider>
    </QueryClientProvider>
  );
}

/** Whatever answer says "logged out": the session is asked for again, and its 401 shows the login. */
function clientThatNoticesTheEnd(): QueryClient {
  const client = queryClient(() => {
    const session = client.getQueryState([sessionWay]);
    if (session?.error === null) void client.invalidateQueries({ queryKey: [sessionWay] });
  });
  return client;
}

function Gates(): ReactNode {
  const { state, enter, askAgain } = useSessionHold();
  const client = useQueryClient();
  switch (state.kind) {
    case "asking":
      return <Waiting />;
    case "silent":
      if (!state.failure.isSilence) return <FailureAlert failure={state.failure} onClose={askAgain} />;
      return <NobodyAnswers lastKnown={undefined} since={undefined} onAskAgain={askAgain} />;
    case "nobody":
      return (
        <Login
          why={state.why}
          onEnter={(session) => {
            // The session's own answer stays: who watches it would not notice a new one in its place.
            client.removeQueries({ predicate: ({ queryKey: [key] }) => key !== sessionWay });
            enter(session);
          }}
        />
      );
    case "somebody":
      return (
        <LiveProvider>
          <HandOverGuard>
            <ConsoleRoutes />
          </HandOverGuard>
        </LiveProvider>
      );
  }
}

export function Waiting(): ReactNode {
  return (
    <Bullseye>
      <Spinner aria-label="The console is loading" />
    </Bullseye>
  );
}
