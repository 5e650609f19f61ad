// SPDX-License-Identifier: Apache-2.0
// The addresses of the pages, for links; routes.tsx says what stands there. Pages link by these and so never
// import each other.

export const paths = {
  overview: "/",
  module: (id: string): string => `/modules/${encodeURIComponent(id)}`,
  decide: (id: string): string => `/modules/${encodeURIComponent(id)}/decide`,
  protect: "/protect",
  cluster: "/cluster",
  users: "/users",
  events: "/events",
  account: "/account",
} as const;

const here = import.meta.url;
/** The path below which a reverse proxy shows us ("/gemel"), or none: this file is one folder deep. */
export const base = new URL("..", here).pathname.replace(/\/$/, "");
