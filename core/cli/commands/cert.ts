// SPDX-License-Identifier: Apache-2.0
// cert list, install, remove; cluster ca. The console's certificate is a matter of one node: it is installed
// on each, with --host on the other one.

import type { Command } from "commander";
import type { CertificateView } from "../../api/contract.js";
import { readNamed } from "../options.js";
import type { CliSession } from "../session.js";
import { table } from "../show.js";

const uses: Readonly<Record<CertificateView["use"], string>> = {
  "cluster-ca": "authority of the cluster: what browsers are to trust",
  node: "between the nodes, and the console's where no own one is installed",
  console: "the console's own, installed here",
  admin: "of programs with full rights",
};

export function certCommands(program: Command, session: CliSession): void {
  const cert = program.command("cert").description("certificates of this node and of its console");
  cert
    .command("list")
    .description("which there are, how long they last, their fingerprints")
    .action(session.says(() => session.ask("GET /certificates"), shown));
  cert
    .command("install")
    .description("an own certificate for this node's console, at once; the nodes go on with the cluster's")
    .requiredOption("--certificate <file>", "PEM, the server's own first, then its issuers")
    .requiredOption("--key <file>", "its private key, PEM, without a pass phrase")
    .action(
      session.says(({ certificate, key }: { readonly certificate: string; readonly key: string }) => {
        const body = { certificate: readNamed(certificate), privateKey: readNamed(key) };
        return session.ask("PUT /certificates/console", {}, body);
      }, shown),
    );
  cert
    .command("remove")
    .description("the console goes back to the cluster's certificate")
    .action(session.says(() => session.ask("DELETE /certificates/console"), shown));
}

/** Below `gemel cluster`: what browsers are to trust. */
export function authorityCommand(cluster: Command, session: CliSession): void {
  cluster
    .command("ca")
    .description("print the cluster's certificate (PEM), for browsers to trust")
    .action(
      session.says(
        async () => ({ pem: await session.ask("GET /cluster/ca") }),
        ({ pem }) => pem,
      ),
    );
}

function shown(views: readonly CertificateView[]): string {
  const rows = views.flatMap(({ use, subject, notAfter, daysLeft, fingerprint }) => [
    [use, uses[use]],
    ["", subject],
    ["", `until ${notAfter.slice(0, 10)}, ${daysLeft} days`],
    ["", fingerprint],
  ]);
  return table(rows, "");
}
