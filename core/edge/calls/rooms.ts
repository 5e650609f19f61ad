// SPDX-License-Identifier: Apache-2.0
// The API's side of a daemon, as far as calls ask it. Of the running node it has what the port tells and
// answers, no more. Nothing that answers calls needs Node's modules: a browser can play it.

import type { PeerNetwork } from "./forward.js";
import type { Status } from "../../api/contract.js";
import type { clusterRows } from "../../api/calls/cluster.js";
import type { AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { moduleId, type NodeName, type WallTime } from "../../base/units.js";
import { placeOf, type Request } from "../../decide/mirror/request.js";
import type { Access } from "../access/access.js";
import { peerNamed, type ClusterConfig } from "../config/cluster-file.js";
import type { ModuleSettings } from "../config/module-file.js";
import type { MetricsCollector } from "../metrics/collector.js";
import type { AskNode, NodeSnapshot } from "../port.js";
import type { History } from "../record/history.js";

/** How nodes become a cluster. */
export type Founding = Omit<AnswersTo<typeof clusterRows>, "GET /cluster" | "POST /peer/calls/:call">;

export interface AskedDaemon {
  readonly node: NodeName;
  readonly ask: AskNode;
  /** These refuse while it belongs to no cluster. */
  readonly config: ClusterConfig;
  readonly seen: NodeSnapshot;
  readonly metrics: Pick<
    MetricsCollector,
    "figures" | "facts" | "speaks" | "loadOf" | "moduleSeries" | "hostSeries" | "trends"
  >;
  readonly access: Pick<
    Access,
    | "users"
    | "session"
    | "sessionOf"
    | "changeOwnPassword"
    | "certificates"
    | "installCertificate"
    | "removeCertificate"
  >;
  readonly clustered: boolean;
  readonly history: Pick<History, "read">;
  readonly founding: Founding;
  status(): Promise<Status>;
  wallClock(): WallTime;
}

export function settingsOf({ seen }: Pick<AskedDaemon, "seen">, module: string): ModuleSettings {
  const settings = Object.hasOwn(seen.modules, module) ? seen.modules[module] : undefined;
  if (settings === undefined) throw new GemelError("GEMEL-1001", module);
  return settings;
}

export const peerOf = ({ config, node }: AskedDaemon, name: string): NodeName =>
  peerNamed(config, node, name);

/** Other nodes' APIs, asked by way of the running node. */
export const networkOf = ({ ask }: AskedDaemon): PeerNetwork => ({
  call: (peer, request) => ask("call", peer, request),
});

/** Where a command belongs that names no node: here, unless only the other node can do it. */
export async function placeIn(daemon: AskedDaemon, module: string, request: Request): Promise<NodeName> {
  const { nodes } = settingsOf(daemon, module);
  const { state } = await daemon.ask("look", module);
  const peer = state.modules[moduleId(module)]?.peer?.view;
  const names = daemon.config.nodes.map(({ name }) => name);
  return placeOf({ self: daemon.node, nodes, peer }, request, names);
}
