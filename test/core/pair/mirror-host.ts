// SPDX-License-Identifier: Apache-2.0
// In a mirror process's place for tests of the daemon: a real process with the real socket, which carries
// every line to the test (pair/mirrors.ts), where a fake engine answers. Its death is a real death.

import { readFileSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import type { MirrorConfig } from "../../../native/index.js";

const [configPath = "", brokerPath = process.env["GEMEL_TEST_BROKER"] ?? ""] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configPath, "utf8")) as MirrorConfig;
const clients = new Set<Socket>();
const broker = createConnection(brokerPath);
broker.write(`${JSON.stringify({ pid: process.pid, config })}\n`);
broker.on("close", () => process.exit(0));
broker.on("error", () => process.exit(1));
broker.on("data", (part) => {
  for (const client of clients) client.write(part);
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => undefined);

rmSync(config.socket, { force: true });
createServer((client) => {
  clients.add(client);
  client.on("data", (part) => broker.write(part));
  client.on("close", () => clients.delete(client)).on("error", () => client.destroy());
}).listen(config.socket);
