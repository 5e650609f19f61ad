// SPDX-License-Identifier: Apache-2.0
// Founding, joining, showing the cluster, and what other nodes ask by name.

import { hostname } from "node:os";
import type { clusterRows } from "../../api/calls/cluster.js";
import type { ClusterReply, ClusterView } from "../../api/contract.js";
import type { AnswersTo } from "../../api/door.js";
import { checkPassword, makePassword } from "../access/password.js";
import { admitNode, foundCluster, inviteNode, joinCluster, type ClusterResult } from "../cluster/cluster.js";
import type { ClusterConfig } from "../config/cluster-file.js";
import type { AskedDaemon } from "./rooms.js";
import type { Member } from "../network/cluster-network.js";
import { answerPeer } from "./peer-answers.js";

/** The host's first label, as a node's name. */
const hostName = (): string => hostname().split(".")[0]?.toLowerCase() ?? "node";

const reply = ({ config, card, warnings }: ClusterResult, token?: string): ClusterReply => ({
  cluster: config.name,
  node: card.node,
  warnings,
  ...(token !== undefined && { token }),
});

export function clusterAnswers(daemon: AskedDaemon): AnswersTo<typeof clusterRows> {
  const { paths } = daemon;
  return {
    "GET /cluster": () => clusterView(daemon.running.member),
    "POST /cluster": async ({ body }) => {
      const { name, networks, node = hostName(), listen = "all", console } = body;
      const password = body.password ?? makePassword();
      checkPassword(password, "password");
      const own = console === undefined ? {} : { console };
      const founded = await foundCluster(paths, { name, networks, node, listen, ...own });
      await daemon.enter(founded);
      await daemon.access?.users.add({ name: "admin", role: "admin", password }, "cluster init");
      const made = reply(founded, inviteNode(paths, founded, Date.now()));
      return body.password === undefined ? { ...made, password } : made;
    },
    "POST /cluster/join": async ({ body: { token, node = hostName(), addresses = {}, console } }) => {
      const joined = await joinCluster(paths, token, { name: node, addresses, console }, Date.now());
      await daemon.enter(joined);
      return reply(joined);
    },
    "POST /cluster/tokens": () => {
      const result = { ...daemon.running.member, warnings: [] };
      return reply(result, inviteNode(paths, result, Date.now()));
    },
    "POST /cluster/admissions": async ({ body }) => {
      const { config, answer } = await admitNode(paths, daemon.running.member, body, Date.now());
      // After the answer is on its way: taking up the new member changes nothing about this connection.
      setImmediate(() => daemon.reconfigure(config));
      return answer;
    },
    "POST /peer/calls/:call": ({ params, body }) => answerPeer(daemon.running, params.call, body),
  };
}

function clusterView({ config, card }: Member): ClusterView {
  return {
    name: config.name,
    uuid: config.uuid,
    self: card.node,
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
