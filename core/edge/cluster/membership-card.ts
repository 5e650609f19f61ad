// SPDX-License-Identifier: Apache-2.0
// What makes this host a member, on disk below /etc/gemel/tls: the authority's certificate and key (on every
// node, so that a burnt server can be replaced whichever one it was), the node's own certificate, the
// administrator's, and the key that authenticates heartbeats. Private files are 0600; the card is whole or it
// does not count.

import { createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { nodeName, type NodeName } from "../../base/units.js";
import type { Paths } from "../config/paths.js";
import { readText, writeTogether, writeWhole } from "../record/durable-file.js";
import { createKeyPair, holderOf, issue, type Authority } from "./authority.js";

export interface MembershipCard {
  readonly node: NodeName;
  readonly authority: Authority;
  /** Certificate of the node followed by the authority's. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly heartbeatKey: Uint8Array;
}

const fileNames = {
  ca: "ca.pem",
  caKey: "ca.key",
  node: "node.pem",
  nodeKey: "node.key",
  admin: "admin.pem",
  heartbeatKey: "heartbeat.key",
  /** Only where an administrator installed an own certificate for the console. */
  console: "console.pem",
  consoleKey: "console.key",
} as const;

export type CardFiles = { readonly [File in keyof typeof fileNames]: string };

export function cardFiles(paths: Paths): CardFiles {
  const entries = Object.entries(fileNames).map(([file, name]) => [file, join(paths.tls, name)]);
  return Object.fromEntries(entries) as CardFiles;
}

export function readCard(paths: Paths): MembershipCard | undefined {
  const files = cardFiles(paths);
  const texts = [files.ca, files.caKey, files.node, files.nodeKey, files.heartbeatKey].map(readText);
  const [ca, caKey, certificate, privateKey, heartbeat] = texts;
  if (ca === undefined || caKey === undefined || certificate === undefined) return undefined;
  if (privateKey === undefined || heartbeat === undefined) return undefined;
  const holder = holderOf(new X509Certificate(certificate).raw, ca);
  if (holder?.kind !== "node") return undefined;
  return {
    node: nodeName(holder.name),
    authority: { certificate: ca, privateKey: caKey },
    certificate,
    privateKey,
    heartbeatKey: Buffer.from(heartbeat.trim(), "base64"),
  };
}

/** Writes everything; the certificate of the node comes last, since it makes the card count. */
export async function writeCard(paths: Paths, card: MembershipCard): Promise<void> {
  const files = cardFiles(paths);
  const admin = createKeyPair();
  const adminHolder = { kind: "admin", name: `admin@${card.node}` } as const;
  const adminCertificate = await issue(card.authority, adminHolder, admin.publicKey, []);
  writeTogether([
    { path: files.ca, text: card.authority.certificate, mode: 0o644 },
    { path: files.caKey, text: card.authority.privateKey },
    // Certificate, authority, key: all that a client needs, in one file.
    { path: files.admin, text: adminCertificate + card.authority.certificate + admin.privateKey },
    { path: files.heartbeatKey, text: `${Buffer.from(card.heartbeatKey).toString("base64")}\n` },
    { path: files.nodeKey, text: card.privateKey },
    { path: files.node, text: card.certificate, mode: 0o644 },
  ]);
}

/**
 * cluster.xml may have got another address for this node's console or in its networks: the certificate
 * follows, over the same key, so that peers and mirror processes notice nothing.
 */
export async function withNames(
  paths: Paths,
  card: MembershipCard,
  names: readonly string[],
): Promise<MembershipCard> {
  const present = new X509Certificate(card.certificate);
  const isNamed = (name: string): boolean =>
    (isIP(name) === 0 ? present.checkHost(name) : present.checkIP(name)) !== undefined;
  if (names.every(isNamed)) return card;
  const publicKey = createPublicKey(card.privateKey).export({ type: "spki", format: "pem" }).toString();
  const leaf = await issue(card.authority, { kind: "node", name: card.node }, publicKey, names);
  const certificate = leaf + card.authority.certificate;
  writeWhole(cardFiles(paths).node, certificate, 0o644);
  return { ...card, certificate };
}

export const newHeartbeatKey = (): Buffer => randomBytes(32);
