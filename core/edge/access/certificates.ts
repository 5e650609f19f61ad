// SPDX-License-Identifier: Apache-2.0
// The certificates of this node as people see them, and the console's own one: installed by an administrator
// where browsers already trust some other authority. It serves browsers only; nodes and the command line ask
// for the node's certificate by name (peer/secure-socket.ts), so that no company's authority, and no date in
// its certificates, ever stands between two nodes.

import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { CertificateRequest, CertificateView } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { cardFiles, type MembershipCard } from "../cluster/membership-card.js";
import type { Paths } from "../config/paths.js";
import { readText, removeWhole, writeTogether } from "../record/durable-file.js";
import { certificateChainMax } from "../../base/limits/access.js";

export interface ConsolePair {
  readonly certificate: string;
  readonly privateKey: string;
}

const blocks = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const dayMs = 86_400_000;

export function certificateViews(paths: Paths, card: MembershipCard, nowMs: number): CertificateView[] {
  const console = readConsole(paths);
  const admin = readText(cardFiles(paths).admin);
  const found: readonly (readonly [CertificateView["use"], string | undefined])[] = [
    ["cluster-ca", card.authority.certificate],
    ["node", card.certificate],
    ["console", console?.certificate],
    ["admin", admin],
  ];
  return found.flatMap(([use, pem]) => (pem === undefined ? [] : [viewOf(card.node, use, pem, nowMs)]));
}

function viewOf(node: string, use: CertificateView["use"], pem: string, nowMs: number): CertificateView {
  const { subject, issuer, validFrom, validTo, fingerprint256 } = new X509Certificate(pem);
  const oneLine = (name: string): string => name.split("\n").join(", ");
  return {
    node,
    use,
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    notBefore: new Date(validFrom).toISOString(),
    notAfter: new Date(validTo).toISOString(),
    daysLeft: Math.floor((Date.parse(validTo) - nowMs) / dayMs),
    fingerprint: fingerprint256,
  };
}

/** Undefined: none was installed, or what lies there cannot be served; the node's own one serves then. */
export function readConsole(paths: Paths): ConsolePair | undefined {
  const { console, consoleKey } = cardFiles(paths);
  const [certificate, privateKey] = [readText(console), readText(consoleKey)];
  if (certificate === undefined || privateKey === undefined) return undefined;
  try {
    createSecureContext({ cert: certificate, key: privateKey });
    return { certificate, privateKey };
  } catch {
    return undefined;
  }
}

/** Refusals name the field of the form that they are about. */
export function installConsole(paths: Paths, request: CertificateRequest, nowMs: number): ConsolePair {
  const chain = chainOf(request.certificate);
  const key = keyOf(request.privateKey);
  const [leaf] = chain;
  if (leaf === undefined) throw refuse("certificate", "There is no certificate (PEM) in it.");
  if (leaf.ca && chain.length > 1)
    throw refuse("certificate", "The server's own certificate must come first.");
  if (!leaf.checkPrivateKey(key)) throw refuse("privateKey", "The key does not belong to the certificate.");
  refuseDates(leaf, nowMs);
  chain.slice(1).forEach((issuer, index) => {
    if (chain[index]?.checkIssued(issuer) === true && chain[index].verify(issuer.publicKey)) return;
    throw refuse("certificate", `Certificate ${index + 2} of the chain has not signed the one before it.`);
  });
  const pair = { certificate: chain.map(String).join(""), privateKey: request.privateKey };
  try {
    createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  } catch (error) {
    throw refuse("certificate", `It cannot be served: ${(error as Error).message}.`);
  }
  const files = cardFiles(paths);
  writeTogether([
    { path: files.consoleKey, text: pair.privateKey },
    { path: files.console, text: pair.certificate, mode: 0o644 },
  ]);
  return pair;
}

export function removeConsole(paths: Paths): void {
  const { console, consoleKey } = cardFiles(paths);
  removeWhole(console);
  removeWhole(consoleKey);
}

function chainOf(pem: string): X509Certificate[] {
  const parts = pem.match(blocks) ?? [];
  if (parts.length > certificateChainMax)
    throw refuse("certificate", `There are more than ${certificateChainMax} certificates in it.`);
  return parts.map((part, index) => {
    try {
      return new X509Certificate(part);
    } catch {
      throw refuse("certificate", `Certificate ${index + 1} cannot be read.`);
    }
  });
}

function keyOf(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem))
    throw refuse("privateKey", "It is protected by a pass phrase: take that off first.");
  try {
    return createPrivateKey(pem);
  } catch {
    throw refuse("privateKey", "It is no private key (PEM).");
  }
}

/** By the same wall clock as the browsers that will judge it. */
function refuseDates({ validFrom, validTo }: X509Certificate, nowMs: number): void {
  if (Date.parse(validTo) <= nowMs) throw refuse("certificate", `It has expired: valid until ${validTo}.`);
  if (Date.parse(validFrom) > nowMs) throw refuse("certificate", `It is not valid before ${validFrom}.`);
}

const refuse = (field: keyof CertificateRequest, why: string): GemelError =>
  new GemelError("GEMEL-4022", field, why);
