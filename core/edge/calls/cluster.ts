// SPDX-License-Identifier: Apache-2.0
// Showing the cluster, and what other nodes ask by name.

import { Value } from "@sinclair/typebox/value";
import type { clusterRows } from "../../api/calls/cluster.js";
import { isPeerCall } from "../../api/calls/peer.js";
import type { ClusterView } from "../../api/contract.js";
import type { AnswersTo } from "../../api/door.js";
import { peerSchemas } from "../../api/schemas/peer.js";
import { GemelError } from "../../base/errors.js";
import type { ClusterConfig } from "../config/cluster-file.js";
import { ownCopyOf } from "./inspection.js";
import type { AskedDaemon } from "./rooms.js";

export function clusterAnswers(daemon: AskedDaemon): AnswersTo<typeof clusterRows> {
  return {
    ...daemon.founding,
    "GET /cluster": () => clusterView(daemon),
    "POST /peer/calls/:call": ({ params, body }) => answerPeer(daemon, params.call, body),
  };
}

/** Nonsense is refused before anybody sees it; another version may ask what this one does not know. */
async function answerPeer(daemon: AskedDaemon, call: string, body: unknown): Promise<unknown> {
  if (!isPeerCall(call)) throw new GemelError("GEMEL-4008", call, "This node does not know the call.");
  if (!Value.Check(peerSchemas[call].body, body)) throw new GemelError("GEMEL-4008", call);
  if (call !== "copy") return await daemon.ask("answer", call, body);
  // Its decisions are the history's.
  return await ownCopyOf(daemon, (body as { readonly module: string }).module);
}

function clusterView({ config, node: self }: AskedDaemon): ClusterView {
  return {
    name: config.name,
    uuid: config.uuid,
    self,
    networks: config.networks.map(({ name, cidr, pulse, timeout }) => ({
      name,
      cidr,
      pulseMs: pulse,
      timeoutMs: timeout,
    })),
    nodes: config.nodes.map(({ name, addresses, console }) => ({
      name,
      addresses: Object.fromEntries(addresses),
      ...(console !== undefined && { console }),
    })),
    ports: portsOf(config),
  };
}

function portsOf({ ports }: ClusterConfig): ClusterView["ports"] {
  return [
    { port: ports.api, protocol: "tcp", use: "API, console, control connection between the nodes" },
    { port: ports.heartbeat, protocol: "udp", use: "heartbeats between the nodes" },
    { port: 7412, protocol: "tcp", use: "witness (only where one runs)" },
    ...Array.from({ length: 32 }, (_, index) => ({
      port: ports.data + index,
      protocol: "tcp" as const,
      use: `data link of module index ${index}`,
    })),
  ];
}
