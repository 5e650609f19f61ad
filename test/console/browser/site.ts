// SPDX-License-Identifier: Apache-2.0
/**
 * The console with its mock cluster, built once and served as the daemon serves the product: the same
 * headers, client-side routes answered with the page, nothing else.
 *
 * The build is stamped by the contents of its inputs, and guarded by a lock: test files run beside each other
 * and each would build it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));
const folder = join(root, "dist", "console-mock");
const buildLimitMs = 180_000;

export interface Site {
  readonly url: string;
  readonly close: () => void;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".json": "application/json",
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export async function serveMock(): Promise<Site> {
  buildMock();
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => end(server) };
}

/** The set-up knows how, and does nothing when nothing has changed. */
export function buildMock(): string {
  const lock = join(root, "build", "console-mock.lock");
  mkdirSync(dirname(lock), { recursive: true });
  const argv = [lock, process.execPath, join(root, "setup", "mock.mjs")];
  const result = spawnSync("flock", argv, { cwd: root, encoding: "utf8", timeout: buildLimitMs });
  const said = result.stdout + result.stderr;
  if (result.status !== 0) throw new Error(`The console does not build:\n${said}`);
  return said;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
  const isFile = extname(path) !== "";
  const file = join(folder, isFile ? path : "index.html");
  if (!file.startsWith(folder) || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
  });
  response.end(readFileSync(file));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The site has no port.");
  return address.port;
}

function end(server: Server): void {
  server.closeAllConnections();
  server.close();
}
