// SPDX-License-Identifier: Apache-2.0
// Address → page. Each page is its own chunk: whoever opens the overview does not wait for the event list.

import { lazy, Suspense, type ReactNode } from "react";
import { Route, Routes, useLocation } from "react-router";
import { Layout } from "./parts/Layout.js";
import { PageWaiting } from "./parts/Page.js";
import { PageBoundary } from "./parts/PageBoundary.js";

const Overview = lazy(() => import("./pages/overview/Overview.js"));
const ModulePage = lazy(() => import("./pages/module/ModulePage.js"));
const Decide = lazy(() => import("./pages/decide/Decide.js"));
const Protect = lazy(() => import("./pages/protect/Protect.js"));
const Cluster = lazy(() => import("./pages/cluster/Cluster.js"));
const Users = lazy(() => import("./pages/users/Users.js"));
const Events = lazy(() => import("./pages/events/Events.js"));
const Account = lazy(() => import("./pages/account/Account.js"));
const NotFound = lazy(() => import("./pages/nobody/NotFound.js"));

export function ConsoleRoutes(): ReactNode {
  const { pathname } = useLocation();
  return (
    <Layout>
      <PageBoundary key={pathname}>
        <Suspense fallback={<PageWaiting />}>
          <Routes>
            <Route path="/" element={<Overview />} />
            <Route path="/modules/:id" element={<ModulePage />} />
            <Route path="/modules/:id/decide" element={<Decide />} />
            <Route path="/protect" element={<Protect />} />
            <Route path="/cluster" element={<Cluster />} />
            <Route path="/users" element={<Users />} />
            <Route path="/events" element={<Events />} />
            <Route path="/account" element={<Account />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </PageBoundary>
    </Layout>
  );
}
