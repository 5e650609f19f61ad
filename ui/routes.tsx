// SPDX-License-Identifier: Apache-2.0
// Address → page. Each page is its own chunk: whoever opens the overview does not wait for the event list.

import { Suspense, type ReactNode } from "react";
import { Route, Routes, useLocation } from "react-router";
import { Layout } from "./parts/Layout.js";
import { PageWaiting } from "./parts/Page.js";
import { pagePart } from "./parts/page-part.js";
import { PageBoundary } from "./parts/PageBoundary.js";

const Overview = pagePart(() => import("./pages/overview/Overview.js"));
const ModulePage = pagePart(() => import("./pages/module/ModulePage.js"));
const Decide = pagePart(() => import("./pages/decide/Decide.js"));
const Protect = pagePart(() => import("./pages/protect/Protect.js"));
const Cluster = pagePart(() => import("./pages/cluster/Cluster.js"));
const Users = pagePart(() => import("./pages/users/Users.js"));
const Events = pagePart(() => import("./pages/events/Events.js"));
const Account = pagePart(() => import("./pages/account/Account.js"));
const NotFound = pagePart(() => import("./pages/nobody/NotFound.js"));

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
