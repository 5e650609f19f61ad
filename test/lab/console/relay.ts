// SPDX-License-Identifier: Apache-2.0
/**
 * The hosts' consoles on the machine itself: one fixed loopback address per host, each served by a relay
 * (relay.c) that lives and dies with its host. Fixed, so that a browser keeps its trust and its session over
 * runs; so only one lab at a time can have them, and whoever wants them says so (`console: true`).
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { start } from "../machine/command.js";
import { compiledProgram } from "../machine/programs.js";
import type { HostName } from "../network.js";

/** The API's port, inside and outside. */
const port = 7410;

/** Gamma has no Gemel, so no console. */
const addresses: ReadonlyMap<HostName, string> = new Map([
  ["alpha", "127.0.0.2"],
  ["beta", "127.0.0.3"],
]);

const addressTakenStatus = 3;

export function consoleUrl(host: HostName): string | undefined {
  const address = addresses.get(host);
  return address === undefined ? undefined : `https://${address}:${port}`;
}

/** Before anything is built: each of these hosts' addresses is free. */
export async function demandFreeAddresses(hosts: readonly HostName[]): Promise<void> {
  for (const host of hosts) {
    const address = addresses.get(host);
    if (address !== undefined && !(await isFree(address))) throw new Error(takenSentence(address));
  }
}

export interface RelayedHost {
  readonly name: HostName;
  /** Process 1, seen from outside. */
  readonly pid: number;
  /** Where its API listens, inside. */
  readonly target: string;
  readonly labFolder: string;
  /** The words to put before a command so that it freezes with the host. */
  readonly joining: readonly string[];
}

/** From then on the address leads into this host, until the host ends. */
export async function startRelay(host: RelayedHost): Promise<void> {
  const address = addresses.get(host.name);
  if (address === undefined) return;
  const program = await compiledProgram("console/relay.c");
  const logPath = join(host.labFolder, host.name, "log", "console.log");
  const log = openSync(logPath, "w");
  const place = [address, String(port), host.target];
  const child = start(
    [...host.joining, program, host.labFolder, host.name, String(host.pid), ...place],
    ["ignore", log, log],
  );
  closeSync(log);
  const status = await new Promise<number | null>((done, failed) => {
    child.once("error", failed).once("exit", done);
  });
  if (status === 0) return;
  const why = status === addressTakenStatus ? takenSentence(address) : readFileSync(logPath, "utf8").trim();
  throw new Error(`the console of ${host.name} cannot be reached from here: ${why}`);
}

function takenSentence(address: string): string {
  return (
    `${address}:${port} is taken: another lab with consoles is up, or another program listens there ` +
    `(ss -ltnp 'sport = :${port}' names it). End that one, or bring this lab up without consoles.`
  );
}

async function isFree(address: string): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") done(false);
      else failed(error);
    });
    server.listen({ host: address, port }, () => server.close(() => done(true)));
  });
}
