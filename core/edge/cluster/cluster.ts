// SPDX-License-Identifier: Apache-2.0
// Founding a cluster and joining it.
//
//   first node                                      second node
//   init: authority, own card, cluster.xml, token
//                    ── the token, by hand ──▶      join TOKEN
//                                                   connects over each network, proves the authority by its
//                                                   fingerprint
//   admit: secret used up, certificate issued  ◀──  secret, own name, addresses, public key, version, clock
//   cluster.xml now names both            answer ──▶ card and cluster.xml written
//
// The private key of a node never leaves it. What the answer holds beside certificates (authority's key,
// heartbeat key) crosses a connection whose server proved the fingerprint of the token. Neither node needs a
// restart: the daemon is told.

import { X509Certificate, createHash, randomUUID } from "node:crypto";
import { GemelError } from "../../base/errors.js";
import { callAddress } from "../../api/calls/ask.js";
import {
  apiRoot,
  type AdmissionRequest,
  type Answer,
  type ApiError,
  type InitRequest,
} from "../../api/contract.js";
import { admission } from "../../api/schemas/cluster.js";
import { apiError } from "../../api/schemas/parts.js";
import { isOfShape } from "../../base/shape.js";
import { milliseconds, nodeName, type NodeName } from "../../base/units.js";
import {
  certifiedNames,
  consoleAddress,
  defaultPorts,
  nodeNamePattern,
  parseCluster,
  writeCluster,
  type ClusterConfig,
  type Network,
  type NodeEntry,
} from "../config/cluster-file.js";
import { readClusterFile, saveCluster } from "../config/files.js";
import type { Paths } from "../config/paths.js";
import { jsonOver, secureSocket, type Judge } from "../network/secure-socket.js";
import { clockDifferenceMax, heartbeatTimeout, pulse } from "../../base/limits.js";
import { checkCidr, ownAddresses } from "./addresses.js";
import { createAuthority, createKeyPair, fingerprint, issue, type Authority } from "./authority.js";
import { decodeToken, encodeToken, knowsSecret, newSecret, useSecret, type JoinToken } from "./join-token.js";
import { newHeartbeatKey, readCard, writeCard, type MembershipCard } from "./membership-card.js";
import { gemelVersion, protocolVersion, speaksWith } from "./version.js";
import { joinLimit } from "../../base/limits/edge.js";

/** What was left open has been decided: how this node is called and where it listens. */
type Founding = Omit<InitRequest, "password"> & Required<Pick<InitRequest, "node" | "listen">>;

export interface ClusterResult {
  readonly config: ClusterConfig;
  readonly card: MembershipCard;
  readonly warnings: readonly string[];
}

type Admitted = Answer<"POST /cluster/admissions">;

export async function foundCluster(paths: Paths, request: Founding): Promise<ClusterResult> {
  refuseMember(paths);
  request.networks.forEach(({ cidr }) => checkCidr(cidr));
  const node = checkedName(request.node);
  const networks: Network[] = request.networks.map(({ name, cidr }, index) => ({
    name,
    cidr,
    pulse,
    timeout: heartbeatTimeout,
    data: index === 0 ? "on" : "off",
  }));
  const own = { name: node, addresses: ownAddresses(request.networks), ...consoleOf(request) };
  const config = reread({
    name: request.name,
    uuid: randomUUID(),
    networks,
    nodes: [own],
    ports: defaultPorts,
    listen: request.listen,
  });
  const authority = await createAuthority(config.name);
  const keys = createKeyPair();
  const card: MembershipCard = {
    node,
    authority,
    certificate: await certificateFor(authority, own, keys.publicKey),
    privateKey: keys.privateKey,
    heartbeatKey: newHeartbeatKey(),
  };
  saveCluster(paths, config);
  await writeCard(paths, card);
  return { config, card, warnings: [] };
}

/** A token for one more node; the one before it is void. */
export function inviteNode(
  paths: Paths,
  { config, card }: Pick<ClusterResult, "config" | "card">,
  now: number,
): string {
  const own = config.nodes.find(({ name }) => name === card.node);
  const { secret, expires } = newSecret(paths, now);
  return encodeToken({
    cluster: config.name,
    contacts: [...(own?.addresses.values() ?? [])].map((address) => `${address}:${config.ports.api}`),
    networks: config.networks.map(({ name, cidr }) => [name, cidr] as const),
    authority: fingerprint(card.authority.certificate),
    secret,
    expires,
  });
}

/**
 * The first node's side of a join. Whoever does not know the secret is refused before anything else of his is
 * looked at (R90); every other refusal comes before the secret is used up.
 */
export async function admitNode(
  paths: Paths,
  member: Pick<ClusterResult, "config" | "card">,
  request: AdmissionRequest,
  now: number,
): Promise<{ readonly config: ClusterConfig; readonly answer: Admitted }> {
  const { config, card } = member;
  if (!knowsSecret(paths, request.secret, now)) throw new GemelError("GEMEL-4003", "secret");
  if (!speaksWith(request.protocol)) {
    throw new GemelError("GEMEL-4005", request.node, `Here ${gemelVersion}, there ${request.version}.`);
  }
  const node = checkedName(request.node);
  // A join that broke off after admission is repeated under the same name: it replaces the half-made member.
  const others = config.nodes.filter(({ name }) => name !== node);
  if (node === card.node) throw new GemelError("GEMEL-4008", node, "Both nodes have the same name.");
  if (others.length > 1) throw new GemelError("GEMEL-4002", node, "The cluster has two nodes already.");
  const newcomer = {
    name: node,
    addresses: new Map(Object.entries(request.addresses)),
    ...consoleOf(request),
  };
  const next = reread({ ...config, nodes: [...others, newcomer] });
  if (!useSecret(paths, request.secret, now)) throw new GemelError("GEMEL-4003", node);
  const certificate = await certificateFor(card.authority, newcomer, request.publicKey);
  saveCluster(paths, next);
  return {
    config: next,
    answer: {
      cluster: writeCluster(next),
      certificate,
      authority: card.authority,
      heartbeatKey: Buffer.from(card.heartbeatKey).toString("base64"),
      warnings: clockWarning(now - request.wallTimeMs),
    },
  };
}

/** Of a node, followed by its authority's. */
async function certificateFor(authority: Authority, node: NodeEntry, publicKey: string): Promise<string> {
  const holder = { kind: "node", name: node.name } as const;
  return (await issue(authority, holder, publicKey, certifiedNames(node))) + authority.certificate;
}

interface Joining {
  readonly name: string;
  readonly addresses: Readonly<Record<string, string>>;
  readonly console?: string | undefined;
}

/** The second node's side of a join. */
export async function joinCluster(
  paths: Paths,
  text: string,
  { name, addresses: given, console }: Joining,
  now: number,
): Promise<ClusterResult> {
  refuseMember(paths);
  const token = decodeToken(text);
  const node = checkedName(name);
  const addresses = ownAddresses(
    token.networks.map(([network, cidr]) => {
      const address = given[network];
      return { name: network, cidr, ...(address !== undefined && { address }) };
    }),
  );
  const keys = createKeyPair();
  const request: AdmissionRequest = {
    secret: token.secret,
    node,
    addresses: Object.fromEntries(addresses),
    publicKey: keys.publicKey,
    version: gemelVersion,
    protocol: protocolVersion,
    wallTimeMs: now,
    ...consoleOf({ console }),
  };
  const answer = await askFirstNode(token, request);
  const config = parseCluster(answer.cluster);
  const card: MembershipCard = {
    node,
    authority: answer.authority,
    certificate: answer.certificate,
    privateKey: keys.privateKey,
    heartbeatKey: Buffer.from(answer.heartbeatKey, "base64"),
  };
  saveCluster(paths, config);
  await writeCard(paths, card);
  return { config, card, warnings: answer.warnings };
}

/** Over whichever network answers; a refusal of the first node is passed on as it is. */
async function askFirstNode(token: JoinToken, request: AdmissionRequest): Promise<Admitted> {
  const { method, path } = callAddress("POST /cluster/admissions");
  const failures: string[] = [];
  for (const contact of token.contacts) {
    const [address = "", port = ""] = contact.split(":");
    try {
      const judge: Judge = (chain) => proves(token, chain);
      const socket = await secureSocket({ address, port: Number(port), judge, timeout: milliseconds(4000) });
      const { status, body } = await jsonOver(socket, method, apiRoot + path, request, joinLimit);
      if (status === 200 && isOfShape(admission, body)) return body;
      throw refusal(body);
    } catch (error) {
      if (error instanceof GemelError) throw error;
      failures.push(`${contact}: ${(error as Error).message}`);
    }
  }
  const next = "Check the networks between the two hosts.";
  throw new GemelError("GEMEL-1009", "first node", failures.join("; "), next);
}

/** The server must show the token's authority and a certificate that this authority signed. */
function proves(token: JoinToken, chain: readonly Buffer[]): string | undefined {
  const [leaf] = chain;
  const authority = chain.find((raw) => createHash("sha256").update(raw).digest("hex") === token.authority);
  if (leaf === undefined || authority === undefined)
    return "The server is not of the cluster that made the token.";
  const signed = new X509Certificate(leaf).verify(new X509Certificate(authority).publicKey);
  return signed ? undefined : "The server's certificate was not signed by the cluster's authority.";
}

function refusal(body: unknown): GemelError {
  const { code = "", message }: Partial<ApiError> = isOfShape(apiError, body) ? body : {};
  const known = code === "GEMEL-4002" || code === "GEMEL-4005" || code === "GEMEL-4008" ? code : "GEMEL-4003";
  return new GemelError(known, "first node", message);
}

function refuseMember(paths: Paths): void {
  const file = readClusterFile(paths);
  if (file.kind === "absent" && readCard(paths) === undefined) return;
  throw new GemelError("GEMEL-4002", file.kind === "value" ? file.value.name : paths.clusterFile);
}

function consoleOf({ console }: { readonly console?: string | undefined }): { readonly console?: string } {
  if (console === undefined) return {};
  const address = consoleAddress(console);
  if (address !== undefined) return { console: address };
  const such = "https://host:7410 or, behind a reverse proxy, https://host/gemel/";
  throw new GemelError("GEMEL-4008", "console", `"${console}" is not an address such as ${such}.`);
}

function checkedName(name: string): NodeName {
  if (!nodeNamePattern.test(name))
    throw new GemelError("GEMEL-4008", name, `"${name}" cannot be a node's name.`);
  return nodeName(name);
}

/** Through the file's own reader: what it would refuse later is refused now. */
function reread(config: ClusterConfig): ClusterConfig {
  try {
    return parseCluster(writeCluster(config));
  } catch (error) {
    throw new GemelError("GEMEL-4008", "cluster", (error as Error).message);
  }
}

function clockWarning(differenceMs: number): string[] {
  if (Math.abs(differenceMs) <= clockDifferenceMax) return [];
  const apart = `${Math.round(Math.abs(differenceMs) / 1000)} s`;
  return [`the two clocks differ by ${apart}; nothing is decided by them, logs are read by them`];
}
