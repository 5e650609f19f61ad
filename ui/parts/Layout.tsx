// SPDX-License-Identifier: Apache-2.0
// What stands around every page: masthead with the way to the pages, the person, the theme; below it the
// banners, which no page can hide.

import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  Nav,
  NavItem,
  NavList,
  Page as PatternFlyPage,
  SkipToContent,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { useStatus } from "../live/live.js";
import { paths } from "../paths.js";
import { usePermission } from "../session.js";
import { AlarmCall } from "./alarm/AlarmCall.js";
import { Acknowledged } from "./alarm/Acknowledged.js";
import { Banners } from "./alarm/Banners.js";
import { Brand } from "./Brand.js";
import { IdleWatch } from "./IdleWatch.js";
import { MovesProgress } from "./moves/MovesProgress.js";
import { MovesProvider } from "./moves/MovesProvider.js";
import { PersonMenu } from "./PersonMenu.js";
import { StreamMark } from "./StreamMark.js";
import { ThemeSwitch } from "./ThemeSwitch.js";

const mainId = "main";

export function Layout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <MovesProvider>
      <PatternFlyPage
        masthead={<ConsoleMasthead />}
        mainContainerId={mainId}
        mainAriaLabel="Page"
        skipToContent={<SkipToContent href={`#${mainId}`}>To the content</SkipToContent>}
      >
        <AlarmCall />
        <IdleWatch />
        <Banners />
        <MovesProgress />
        {children}
      </PatternFlyPage>
    </MovesProvider>
  );
}

function ConsoleMasthead(): ReactNode {
  const cluster = useStatus()?.cluster;
  return (
    <Masthead className="gm-masthead" display={{ default: "inline" }}>
      <MastheadMain>
        <MastheadBrand>
          <MastheadLogo component={(props) => <Link {...props} to={paths.overview} aria-label="Gemel" />}>
            <Brand size={28} />
            <span className="gm-wordmark">Gemel</span>
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent className="gm-masthead-content">
        <Ways />
        <div className="gm-masthead-end">
          {cluster === undefined || cluster === null ? null : (
            <span className="gm-cluster-name" title="Name of the cluster">
              {cluster}
            </span>
          )}
          <Acknowledged />
          <StreamMark />
          <ThemeSwitch />
          <PersonMenu />
        </div>
      </MastheadContent>
    </Masthead>
  );
}

function Ways(): ReactNode {
  const { pathname } = useLocation();
  const admin = usePermission("admin").allowed;
  const ways = [
    { to: paths.overview, label: "Overview", here: pathname === "/" || pathname.startsWith("/modules") },
    { to: paths.protect, label: "Protect", here: pathname === paths.protect },
    { to: paths.cluster, label: "Cluster", here: pathname === paths.cluster },
    { to: paths.events, label: "Events", here: pathname === paths.events },
    ...(admin ? [{ to: paths.users, label: "Users", here: pathname === paths.users }] : []),
  ];
  return (
    <Nav variant="horizontal" aria-label="Pages" className="gm-ways">
      <NavList>
        {ways.map(({ to, label, here }) => (
          <NavItem key={to} isActive={here} itemId={to}>
            <Link to={to} {...(here ? { "aria-current": "page" } : {})}>
              {label}
            </Link>
          </NavItem>
        ))}
      </NavList>
    </Nav>
  );
}
