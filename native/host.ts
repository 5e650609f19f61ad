// SPDX-License-Identifier: Apache-2.0
/**
 * The mirror process of one module: `node host.js CONFIG.json`. Carries lines between its daemon's unix
 * socket and the addon, where all the work is done on a thread of its own.
 *
 * It outlives its daemon, and several daemons or tools may be connected at once: each gets the replies to
 * its own requests and every event. A signal does not end it (a stray kill must not stop a guest's disk):
 * only `close` does.
 */
import { chmodSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { MirrorConfig, MirrorRequest } from "./index.js";

/** All of it. `reply` and `event` are JSON texts in the words of index.ts; a reply lacks only its id. */
interface Addon {
  open(config: MirrorConfig, onEvent: (event: string) => void): object;
  command(handle: object, command: MirrorRequest["command"], onReply: (reply: string) => void): void;
  close(handle: object): void;
}

/** Test builds of the addon (sanitizers, sabotage) lie elsewhere. */
const addonPath =
  process.env["GEMEL_ADDON"] ?? join(import.meta.dirname, "../../native/build/Release/gemel.node");

// A full disk under the log must not take a guest's disk away: the line is lost, the mirror goes on.
process.stderr.on("error", () => undefined);

function log(level: "info" | "error", message: string): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message })}\n`);
}

function refuse(message: string): string {
  const error = { code: "bad-request", message, next: "Send one MirrorRequest of native/index.ts per line" };
  return JSON.stringify({ ok: false, error });
}

function main(configPath: string): void {
  const config = JSON.parse(readFileSync(configPath, "utf8")) as MirrorConfig;
  // Only a copy that was never made, or was set aside, may begin with an empty folder (R27).
  if (config.known.kind !== "initialised") mkdirSync(config.state, { recursive: true, mode: 0o700 });
  const addon = createRequire(import.meta.url)(addonPath) as Addon;
  const clients = new Set<Socket>();

  const handle = addon.open(config, (event) => {
    log("info", event);
    for (const client of clients) client.write(`${event}\n`);
  });

  const server = createServer((client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client)).on("error", () => client.destroy());
    createInterface({ input: client })
      .on("line", (line) => answer(client, line))
      .on("error", () => client.destroy());
  });

  function answer(client: Socket, line: string): void {
    let request: MirrorRequest;
    try {
      request = JSON.parse(line) as MirrorRequest;
      const id: unknown = request.id;
      if (typeof id !== "number" || typeof request.command !== "object") throw new Error("no id or command");
      addon.command(handle, request.command, (reply) => {
        client.write(`{"id":${request.id},${reply.slice(1)}\n`);
        if (request.command.do === "close" && reply.startsWith('{"ok":true')) leave(client);
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      client.write(`{"id":0,${refuse(why).slice(1)}\n`);
    }
  }

  function leave(client: Socket): void {
    server.close();
    rmSync(config.socket, { force: true });
    client.end(() => {
      addon.close(handle);
      process.exit(0);
    });
  }

  rmSync(config.socket, { force: true });
  server.listen(config.socket, () => {
    chmodSync(config.socket, 0o600);
    log("info", `mirror of ${config.module} on ${config.node} serves ${config.socket}`);
  });
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2"] as const) {
  process.on(signal, () => log("info", `${signal} ignored: only the command "close" ends a mirror process`));
}

const [configPath] = process.argv.slice(2);
if (configPath === undefined) {
  process.stderr.write("Usage: node host.js CONFIG.json\n");
  process.exitCode = 2;
} else {
  try {
    main(configPath);
  } catch (error) {
    log("error", error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
