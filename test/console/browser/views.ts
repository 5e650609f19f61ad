// SPDX-License-Identifier: Apache-2.0
/**
 * Every page of the console once, in the scenario in which it has most to show. Pictures, axe and the walk by
 * keyboard all take them from here; a route of ui/routes.tsx that is missing here fails a test.
 */
import type { Stage } from "./mock-page.js";

export interface View extends Pick<Stage, "at" | "scenario" | "as"> {
  /** Names the picture. */
  readonly name: string;
  /** The route of ui/routes.tsx, or a gate before them. */
  readonly route: string;
  readonly heading: RegExp;
  /** Seconds of the mock's time before it is looked at. */
  readonly seconds: number;
}

const view = (name: string, route: string, heading: RegExp, more: Partial<View> = {}): View => ({
  name,
  route,
  at: route,
  heading,
  scenario: "calm",
  as: "admin",
  seconds: 90,
  ...more,
});

export const views: readonly View[] = [
  view("login", "login", /./, { at: "/", as: null, seconds: 0 }),
  view("overview", "/", /Overview/),
  view("overview-host-lost", "/", /Overview/, { scenario: "host-loss", seconds: 40 }),
  view("module", "/modules/:id", /./, { at: "/modules/cam1" }),
  view("reintegration", "/modules/:id", /./, { at: "/modules/cam1", scenario: "reintegration", seconds: 12 }),
  view("decide", "/modules/:id/decide", /./, { at: "/modules/cam1/decide", scenario: "conflict" }),
  view("protect", "/protect", /Protect/),
  view("cluster", "/cluster", /Cluster/),
  view("users", "/users", /Users/),
  view("events", "/events", /Events/),
  view("account", "/account", /./),
  view("not-found", "*", /./, { at: "/nowhere" }),
];
