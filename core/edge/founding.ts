// SPDX-License-Identifier: Apache-2.0
// How this node comes into a cluster, and lets another one in.

import { hostname } from "node:os";
import type { ClusterReply } from "../api/contract.js";
import { makePassword } from "./access/password.js";
import { checkPassword, type Users } from "./access/users.js";
import type { Founding } from "./calls/rooms.js";
import { admitNode, foundCluster, inviteNode, joinCluster, type ClusterResult } from "./cluster/cluster.js";
import type { ClusterConfig } from "./config/cluster-file.js";
import type { Paths } from "./config/paths.js";
import type { Member } from "./network/cluster-network.js";

/** Of the daemon that comes in. */
interface FoundedRooms {
  readonly paths: Paths;
  readonly member: Member;
  readonly access: { readonly users: Pick<Users, "add"> };
  enter(member: Member): Promise<void>;
  reconfigure(config: ClusterConfig): Promise<void>;
}

/** The host's first label, as a node's name. */
const hostName = (): string => hostname().split(".")[0]?.toLowerCase() ?? "node";

const reply = ({ config, card, warnings }: ClusterResult, token?: string): ClusterReply => ({
  cluster: config.name,
  node: card.node,
  warnings,
  ...(token !== undefined && { token }),
});

export function foundingOf(daemon: FoundedRooms): Founding {
  const { paths } = daemon;
  return {
    "POST /cluster": async ({ body }) => {
      const { name, networks, node = hostName(), listen = "all", console } = body;
      const password = body.password ?? makePassword();
      checkPassword(password, "password");
      const own = console === undefined ? {} : { console };
      const founded = await foundCluster(paths, { name, networks, node, listen, ...own });
      await daemon.enter(founded);
      await daemon.access.users.add({ name: "admin", role: "admin", password }, "cluster init");
      const made = reply(founded, inviteNode(paths, founded, Date.now()));
      return body.password === undefined ? { ...made, password } : made;
    },
    "POST /cluster/join": async ({ body: { token, node = hostName(), addresses = {}, console } }) => {
      const joined = await joinCluster(paths, token, { name: node, addresses, console }, Date.now());
      await daemon.enter(joined);
      return reply(joined);
    },
    "POST /cluster/tokens": () => {
      const result = { ...daemon.member, warnings: [] };
      return reply(result, inviteNode(paths, result, Date.now()));
    },
    "POST /cluster/admissions": async ({ body }) => {
      const { config, answer } = await admitNode(paths, daemon.member, body, Date.now());
      // After the answer is on its way: taking up the new member changes nothing about this connection.
      setImmediate(() => void daemon.reconfigure(config));
      return answer;
    },
  };
}
