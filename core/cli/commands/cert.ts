// SPDX-License-Identifier: Apache-2.0
// cert list, install, remove; cluster ca. The console's certificate is a matter of one node: it is installed
// on each, with --host on the other one.

import type { Command } from "commander";
import { readFileSync } from "node:fs";
import type { CertificateView } from "../../api/contract.js";
import { usage } from "../outcome.js";
import type { CliSession } from "../session.js";
import { table } from "../show.js";

const uses: Readonly<Record<CertificateView["use"], string>> = {
  "cluster-ca": "authority of the cluster: what browsers are to trust",
  node: "between the nodes, and the console's where no own one is installed",
  console: "the console's own, installed here",
  admin: "of programs with full rights",
};

export function certCommands(program: Command, open: () => CliSession): void {
  const cert = program.command("cert").description("certificates of this node and of its console");
  cert
    .command("list")
    .description("which there are, how long they last, their fingerprints")
    .action(async () => {
      const session = open();
      show(session, await session.ask("GET /certificates"));
    });
  cert
    .command("install")
    .description("an own certificate for this node's console, at once; the nodes go on with the cluster's")
    .requiredOption("--certificate <file>", "PEM, the server's own first, then its issuers")
    .requiredOption("--key <file>", "its private key, PEM, without a pass phrase")
    .action(async (options: { readonly certificate: string; readonly key: string }) => {
      const session = open();
      const body = { certificate: read(options.certificate), privateKey: read(options.key) };
      show(session, await session.ask("PUT /certificates/console", {}, body));
    });
  cert
    .command("remove")
    .description("the console goes back to the cluster's certificate")
    .action(async () => {
      const session = open();
      show(session, await session.ask("DELETE /certificates/console"));
    });
}

/** Below `gemel cluster`: what browsers are to trust. */
export function authorityCommand(cluster: Command, open: () => CliSession): void {
  cluster
    .command("ca")
    .description("print the cluster's certificate (PEM), for browsers to trust")
    .action(async () => {
      const session = open();
      const pem = await session.ask("GET /cluster/ca");
      session.print({ pem }, pem);
    });
}

function show(session: CliSession, views: readonly CertificateView[]): void {
  const rows = views.flatMap(({ use, subject, notAfter, daysLeft, fingerprint }) => [
    [use, uses[use]],
    ["", subject],
    ["", `until ${notAfter.slice(0, 10)}, ${daysLeft} days`],
    ["", fingerprint],
  ]);
  session.print(views, table(rows, ""));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`);
  }
}
