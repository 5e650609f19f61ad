// SPDX-License-Identifier: Apache-2.0
// cluster init, join, token, show, ports.

import { Option, type Command } from "commander";
import type { ClusterReply, ClusterView, NetworkRequest } from "../../api/contract.js";
import { usage } from "../outcome.js";
import { readPassword } from "../password.js";
import type { CliSession } from "../session.js";
import { table } from "../show.js";
import { authorityCommand } from "./cert.js";

/** `data=10.0.0.0/24`, or `data=10.0.0.0/24@10.0.0.7` where the host has several addresses in it. */
function network(text: string, before: readonly NetworkRequest[]): readonly NetworkRequest[] {
  const match = /^([a-z][a-z0-9-]*)=([0-9./]+)(?:@([0-9.]+))?$/.exec(text);
  if (match === null) throw usage(`--net ${text}: expected NAME=CIDR, such as data=10.0.0.0/24`);
  const [, name = "", cidr = "", address] = match;
  return [...before, { name, cidr, ...(address !== undefined && { address }) }];
}

function address(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name = "", value = ""] = text.split("=");
  if (name === "" || value === "") throw usage(`--address ${text}: expected NETWORK=ADDRESS`);
  return { ...before, [name]: value };
}

const consoleWords = "where browsers find this node's console, if not in the networks: https://HOST[:PORT]";

interface InitOptions {
  readonly name: string;
  readonly net: NetworkRequest[];
  readonly node?: string;
  readonly listen?: "all" | "networks";
  readonly console?: string;
  readonly passwordFile?: string;
}

interface JoinOptions {
  readonly node?: string;
  readonly address: Readonly<Record<string, string>>;
  readonly console?: string;
}

export function clusterCommands(program: Command, open: () => CliSession): void {
  const cluster = program.command("cluster").description("the two nodes and how they reach each other");
  cluster
    .command("init")
    .description("found a cluster on this node; prints the token for the other one")
    .requiredOption("--name <name>", "the cluster's name")
    .requiredOption(
      "--net <name=cidr>",
      "a network between the nodes, the preferred one first (repeat)",
      network,
      [],
    )
    .option("--node <name>", "this node's name (default: the host's)")
    .option("--console <url>", consoleWords)
    .option(
      "--password-file <file>",
      "the first user's (admin) password; - is stdin (default: one is made up)",
    )
    .addOption(new Option("--listen <where>", "where the API listens").choices(["all", "networks"]))
    .action((options: InitOptions) => init(open(), options));
  cluster
    .command("join <token>")
    .description("join the cluster that made the token")
    .option("--node <name>", "this node's name (default: the host's)")
    .option("--address <network=address>", "this host's address in a network (repeat)", address, {})
    .option("--console <url>", consoleWords)
    .action((token: string, options: JoinOptions) => join(open(), token, options));
  showingCommands(cluster, open);
  authorityCommand(cluster, open);
}

async function init(session: CliSession, options: InitOptions): Promise<void> {
  const { name, net, passwordFile, ...more } = options;
  const password = passwordFile === undefined ? undefined : readPassword(passwordFile);
  const request = { name, networks: net, ...picked(more), ...(password !== undefined && { password }) };
  founded(session, await session.ask("POST /cluster", {}, request));
}

async function join(session: CliSession, token: string, options: JoinOptions): Promise<void> {
  const { address: addresses, ...more } = options;
  const request = { token, addresses, ...picked(more) };
  const reply = await session.ask("POST /cluster/join", {}, request);
  session.print(reply, `${reply.node} is now a node of ${reply.cluster}.\n${warningLines(reply)}`);
}

/** What commander adds of its own (--json) is not the API's. */
const picked = ({ node, listen, console }: Partial<InitOptions>): Partial<InitOptions> => ({
  ...(node !== undefined && { node }),
  ...(listen !== undefined && { listen }),
  ...(console !== undefined && { console }),
});

function showingCommands(cluster: Command, open: () => CliSession): void {
  cluster
    .command("token")
    .description("a new one-time token for the other node")
    .action(async () => {
      const session = open();
      founded(session, await session.ask("POST /cluster/tokens"));
    });
  cluster
    .command("show")
    .description("networks and nodes")
    .action(async () => {
      const session = open();
      const view = await session.ask("GET /cluster");
      session.print(view, showCluster(view));
    });
  cluster
    .command("ports")
    .description("which ports the nodes use, for firewalls")
    .action(async () => {
      const session = open();
      const { ports } = await session.ask("GET /cluster");
      session.print(
        ports,
        table(
          ports.map(({ port, protocol, use }) => [`${port}/${protocol}`, use]),
          "",
        ),
      );
    });
}

function founded(session: CliSession, reply: ClusterReply): void {
  const { password } = reply;
  const text =
    `Cluster ${reply.cluster}, node ${reply.node}.\n${warningLines(reply)}` +
    (password === undefined ? "" : `Console: user admin, password ${password}   (said only here)\n`) +
    `On the other node, within the hour:\n\n  gemel cluster join ${reply.token ?? ""}\n\n`;
  session.print(reply, text);
}

const warningLines = ({ warnings }: ClusterReply): string => warnings.map((text) => `! ${text}\n`).join("");

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
