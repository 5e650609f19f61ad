// SPDX-License-Identifier: Apache-2.0
// cluster init, join, token, show, ports.

import { Option, type Command } from "commander";
import type {
  ClusterReply,
  ClusterView,
  InitRequest,
  JoinRequest,
  NetworkRequest,
} from "../../api/contract.js";
import { given } from "../options.js";
import { usage } from "../outcome.js";
import { readPassword } from "../password.js";
import type { CliSession } from "../session.js";
import { table } from "../show.js";
import { authorityCommand } from "./cert.js";

/** `data=10.0.0.0/24`, or `data=10.0.0.0/24@10.0.0.7` where the host has several addresses in it. */
function network(text: string, before: readonly NetworkRequest[] = []): readonly NetworkRequest[] {
  const match = /^([a-z][a-z0-9-]*)=([0-9./]+)(?:@([0-9.]+))?$/.exec(text);
  if (match === null) throw usage(`--net ${text}: expected NAME=CIDR, such as data=10.0.0.0/24`);
  const [, name = "", cidr = "", address] = match;
  return [...before, { name, cidr, ...(address !== undefined && { address }) }];
}

type Addresses = NonNullable<JoinRequest["addresses"]>;

function address(text: string, before: Addresses = {}): Addresses {
  const [name = "", value = ""] = text.split("=");
  if (name === "" || value === "") throw usage(`--address ${text}: expected NETWORK=ADDRESS`);
  return { ...before, [name]: value };
}

const consoleWords =
  "where browsers find this node's console, if not in the networks: https://HOST[:PORT][/PATH/]";

type InitOptions = Omit<InitRequest, "networks" | "password"> & {
  readonly net: readonly NetworkRequest[];
  readonly passwordFile?: string;
};
type JoinOptions = Pick<JoinRequest, "node" | "console"> & { readonly address?: Addresses };

export function clusterCommands(program: Command, session: CliSession): void {
  const cluster = program.command("cluster").description("the two nodes and how they reach each other");
  cluster
    .command("init")
    .description("found a cluster on this node; prints the token for the other one")
    .requiredOption("--name <name>", "the cluster's name")
    .requiredOption(
      "--net <name=cidr>",
      "a network between the nodes, the preferred one first (repeat)",
      network,
    )
    .option("--node <name>", "this node's name (default: the host's)")
    .option("--console <url>", consoleWords)
    .option(
      "--password-file <file>",
      "the first user's (admin) password; - is stdin (default: one is made up)",
    )
    .addOption(new Option("--listen <where>", "where the API listens").choices(["all", "networks"]))
    .action(
      session.says(({ net, passwordFile: file, ...more }: InitOptions) => {
        const password = file === undefined ? {} : { password: readPassword(file) };
        const request = { ...given(more, "name", "node", "listen", "console"), networks: net, ...password };
        return session.ask("POST /cluster", {}, request);
      }, founded),
    );
  cluster
    .command("join <token>")
    .description("join the cluster that made the token")
    .option("--node <name>", "this node's name (default: the host's)")
    .option("--address <network=address>", "this host's address in a network (repeat)", address)
    .option("--console <url>", consoleWords)
    .action(
      session.says(
        (token: string, { address: addresses = {}, ...more }: JoinOptions) =>
          session.ask("POST /cluster/join", {}, { token, addresses, ...given(more, "node", "console") }),
        (reply) => `${reply.node} is now a node of ${reply.cluster}.\n${warningLines(reply)}`,
      ),
    );
  showingCommands(cluster, session);
  authorityCommand(cluster, session);
}

function showingCommands(cluster: Command, session: CliSession): void {
  cluster
    .command("token")
    .description("a new one-time token for the other node")
    .action(session.says(() => session.ask("POST /cluster/tokens"), founded));
  cluster
    .command("show")
    .description("networks and nodes")
    .action(session.says(() => session.ask("GET /cluster"), showCluster));
  cluster
    .command("ports")
    .description("which ports the nodes use, for firewalls")
    .action(session.says(async () => (await session.ask("GET /cluster")).ports, showPorts));
}

function founded(reply: ClusterReply): string {
  const { password } = reply;
  return (
    `Cluster ${reply.cluster}, node ${reply.node}.\n${warningLines(reply)}` +
    (password === undefined ? "" : `Console: user admin, password ${password}   (said only here)\n`) +
    `On the other node, within the hour:\n\n  gemel cluster join ${reply.token ?? ""}\n\n`
  );
}

const warningLines = ({ warnings }: ClusterReply): string => warnings.map((text) => `! ${text}\n`).join("");

const showPorts = (ports: ClusterView["ports"]): string =>
  table(
    ports.map(({ port, protocol, use }) => [`${port}/${protocol}`, use]),
    "",
  );

function showCluster(view: ClusterView): string {
  const networks = view.networks.map(({ name, cidr, pulseMs, timeoutMs }) => [
    name,
    cidr,
    `pulse ${pulseMs} ms`,
    `timeout ${timeoutMs} ms`,
  ]);
  const nodes = view.nodes.map(({ name, addresses }) => [
    name === view.self ? `${name} (this node)` : name,
    ...view.networks.map((one) => addresses[one.name] ?? "-"),
  ]);
  return `cluster ${view.name}\n${table(networks)}${table(nodes)}`;
}
