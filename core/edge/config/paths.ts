// SPDX-License-Identifier: Apache-2.0
// Every place of the file system that the daemon uses, in one value: /etc is what people write, /var/lib what
// must survive, /run what a reboot may forget. The names are fixed, operators know them; only the three
// roots can be moved, which is how tests run several nodes on one machine.

import { dirname, join } from "node:path";

export interface Paths {
  readonly etc: string;
  readonly state: string;
  readonly run: string;
  readonly clusterFile: string;
  readonly modules: string;
  readonly tls: string;
  readonly history: string;
  /** The past of the figures (core/edge/metrics/store.ts): a convenience that may be lost. */
  readonly figures: string;
  /** Two slots, `.0` and `.1` (core/edge/record/node-record.ts). */
  readonly nodeRecord: string;
  /** Users, pause, acknowledgements: what both nodes hold alike (core/edge/cluster/shared-record.ts). */
  readonly sharedRecord: string;
  /** Who is logged in here (core/edge/access/sessions.ts). */
  readonly sessions: string;
  /** The last status that this daemon showed: what the CLI reads while the daemon is silent. */
  readonly lastStatus: string;
  readonly joinToken: string;
  readonly socket: string;
  readonly mirrorRun: string;
  /** Marks that the start guard reads (R32). */
  readonly guardMarks: string;
}

export const defaultRoots = { etc: "/etc/gemel", state: "/var/lib/gemel", run: "/run/gemel" } as const;

export function pathsUnder(roots: {
  readonly etc: string;
  readonly state: string;
  readonly run: string;
}): Paths {
  return {
    ...roots,
    clusterFile: join(roots.etc, "cluster.xml"),
    modules: join(roots.etc, "modules"),
    tls: join(roots.etc, "tls"),
    history: join(roots.state, "history.db"),
    figures: join(roots.state, "figures.db"),
    nodeRecord: join(roots.state, "node.json"),
    sharedRecord: join(roots.state, "shared.json"),
    sessions: join(roots.state, "sessions.db"),
    lastStatus: join(roots.state, "status.json"),
    joinToken: join(roots.state, "join-token.json"),
    socket: join(roots.run, "gemel.sock"),
    mirrorRun: join(roots.run, "mirror"),
    guardMarks: join(roots.etc, "protected"),
  };
}

export const moduleFile = (paths: Paths, module: string): string =>
  join(paths.modules, module, "userconfig.xml");

/** Where a VM module's files live unless the operator chose another folder. */
export const defaultFolder = (paths: Paths, module: string): string => join(paths.state, "vm", module);

/** The engine's state: beside the mirrored directory, on the same file system, never inside it (R27). */
export const stateFolder = (root: string, module: string): string => join(dirname(root), ".gemel", module);
