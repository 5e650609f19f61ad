// SPDX-License-Identifier: Apache-2.0
// Every place of the file system that the daemon uses, in one value: /etc is what people write, /var/lib what
// must survive, /run what a reboot may forget. The names are fixed, operators know them; only the three
// roots can be moved, which is how tests run several nodes on one machine.

import { dirname, join } from "node:path";

export const defaultRoots = { etc: "/etc/gemel", state: "/var/lib/gemel", run: "/run/gemel" } as const;

const places = {
  clusterFile: ["etc", "cluster.xml"],
  modules: ["etc", "modules"],
  tls: ["etc", "tls"],
  history: ["state", "history.db"],
  /** The past of the figures (core/edge/metrics/store.ts): a convenience that may be lost. */
  figures: ["state", "figures.db"],
  /** Two slots, `.0` and `.1` (core/edge/record/node-record.ts). */
  nodeRecord: ["state", "node.json"],
  /** Users, pause, acknowledgements: what both nodes hold alike (core/edge/cluster/shared-record.ts). */
  sharedRecord: ["state", "shared.json"],
  /** Who is logged in here (core/edge/access/sessions.ts). */
  sessions: ["state", "sessions.db"],
  /** Settings as last read (core/edge/config/kept-settings.ts): what counts while a file is wrong. */
  keptSettings: ["state", "settings"],
  /** The last status that this daemon showed: what the CLI reads while the daemon is silent. */
  lastStatus: ["state", "status.json"],
  joinToken: ["state", "join-token.json"],
  socket: ["run", "gemel.sock"],
  mirrorRun: ["run", "mirror"],
  /** Marks that the start guard reads (R32). */
  guardMarks: ["etc", "protected"],
} as const satisfies Readonly<Record<string, readonly [root: keyof Roots, name: string]>>;

type Roots = { readonly [Root in keyof typeof defaultRoots]: string };
export type Paths = Roots & { readonly [Place in keyof typeof places]: string };

export function pathsUnder(roots: Roots): Paths {
  const found = Object.entries(places).map(([place, [root, name]]) => [place, join(roots[root], name)]);
  return { ...roots, ...(Object.fromEntries(found) as { readonly [Place in keyof typeof places]: string }) };
}

export const moduleFile = (paths: Paths, module: string): string =>
  join(paths.modules, module, "userconfig.xml");

/** Where a VM module's files live unless the operator chose another folder. */
export const defaultFolder = (paths: Paths, module: string): string => join(paths.state, "vm", module);

/** The engine's state: beside the mirrored directory, on the same file system, never inside it (R27). */
export const stateFolder = (root: string, module: string): string => join(dirname(root), ".gemel", module);
