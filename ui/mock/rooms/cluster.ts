// SPDX-License-Identifier: Apache-2.0
// The mock's networks, nodes, ports, tokens and certificates.

import type {
  CertificateRequest,
  CertificateView,
  ClusterReply,
  DoctorReport,
} from "../../../core/api/contract.js";
import { hex } from "../world/chance.js";
import { GemelError } from "../../../core/base/errors.js";
import { statusOf } from "../world/status.js";
import type { World } from "../world/world.js";

const dayMs = 86_400_000;

export function newToken(world: World, self: string): ClusterReply {
  const token = `gemel1.${hex(world.seed, `token ${world.now}`, 200)}`;
  return { cluster: world.facts.name, node: self, token, warnings: [] };
}

const colons = (digits: string): string => digits.toUpperCase().replace(/(..)(?=.)/g, "$1:");

interface Issued {
  readonly node: string;
  readonly use: CertificateView["use"];
  readonly subject: string;
  readonly issuer: string;
  readonly days: readonly [number, number];
}

/** Of one host, as the daemon does it. */
export function certificatesOf(world: World, self: string): CertificateView[] {
  const { name } = world.facts;
  const issuer = `CN=Gemel cluster ${name}`;
  const issued: Issued[] = world.hosts
    .filter(({ name: host }) => host === self)
    .flatMap((host, index): Issued[] => {
      const isOwn = world.ownCertificates.has(host.name);
      const age: [number, number] = [index * 341 + 12, 730 - index * 707];
      return [
        { node: host.name, use: "cluster-ca", subject: issuer, issuer, days: [353, 3_297] },
        { node: host.name, use: "node", subject: `CN=${host.name}`, issuer, days: age },
        { node: host.name, use: "admin", subject: "CN=admin", issuer, days: [353, 377] },
        ...(!isOwn
          ? []
          : [
              {
                node: host.name,
                use: "console" as const,
                subject: `CN=console.${host.name}.example`,
                issuer: "CN=Example Issuing CA 2",
                days: [1, 364] as const,
              },
            ]),
      ];
    });
  return issued.map(({ days: [past, left], ...one }) => ({
    ...one,
    notBefore: world.wall(world.now - past * dayMs),
    notAfter: world.wall(world.now + left * dayMs),
    daysLeft: left,
    fingerprint: colons(hex(world.seed, `certificate ${one.node} ${one.subject}`, 64)),
  }));
}

export function installCertificate(
  world: World,
  self: string,
  { certificate, privateKey }: CertificateRequest,
): CertificateView[] {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+-----END [A-Z ]*PRIVATE KEY-----/.test(privateKey)) {
    throw new GemelError("GEMEL-4022", "privateKey", "It is not a private key in PEM form.");
  }
  if (!/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(certificate)) {
    throw new GemelError("GEMEL-4022", "certificate", "It is not a certificate in PEM form.");
  }
  world.ownCertificates.add(self);
  return certificatesOf(world, self);
}

export function removeCertificate(world: World, self: string): CertificateView[] {
  world.ownCertificates.delete(self);
  return certificatesOf(world, self);
}

/** Base64 of nothing in particular: no browser shall ever trust it. */
export const authorityPem = (world: World): string =>
  [
    "-----BEGIN CERTIFICATE-----",
    ...Array.from({ length: 8 }, (_, line) => hex(world.seed, `authority ${line}`, 64)),
    "-----END CERTIFICATE-----",
    "",
  ].join("\n");

export function doctorReport(world: World, node: string): DoctorReport {
  const { nodes, modules } = statusOf(world, node);
  const findings = nodes
    .filter(({ reachable }) => !reachable)
    .map(({ name }) => ({
      severity: "warns" as const,
      node,
      code: "GEMEL-1009",
      message: `${name} is silent on every network.`,
      next: "Look at its power and its networks.",
    }));
  const troubles = modules.flatMap(({ troubles: list }) =>
    list.map(({ code, message, next }) => ({ severity: "blocks" as const, node, code, message, next })),
  );
  return { node, findings: [...findings, ...troubles] };
}
