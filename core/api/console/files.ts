// SPDX-License-Identifier: Apache-2.0
// The console as files: what vite built, served by every daemon for the whole cluster. A file whose name
// holds its hash never changes and is kept by the browser for good; everything else is asked for each time. A
// path without a dot is an address inside the console, and all of those are one page.
//
// A reverse proxy may show all this below a path of its own and take that path off before it asks us. So what
// the page names is named from where the page stands, in steps upward, and needs no knowledge of that path.

import helmet from "@fastify/helmet";
import files from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pageDepthMax } from "../../base/limits/access.js";
import { apiRoot } from "../contract.js";
import type { ApiDoor } from "../door.js";
import { contentPolicy } from "./policy.js";

/** Where set-up puts it, beside the compiled daemon. */
export const consoleFolder = fileURLToPath(new URL("../../../console/", import.meta.url));

const notBuilt =
  "The console was not built on this node: npm run setup builds it. The gemel command works without.\n";

/** Before any route: the headers of every answer. */
export async function guardBrowsers(app: FastifyInstance, door: ApiDoor): Promise<void> {
  await app.register(helmet, {
    // Made per answer, since nodes come and go.
    contentSecurityPolicy: false,
    // Browsers ignore it for IP addresses, which is how most consoles are reached; under a name it would
    // forbid plain HTTP to whatever else runs on that host. There is no plain HTTP of ours to fall back to.
    hsts: false,
    referrerPolicy: { policy: "no-referrer" },
  });
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("content-security-policy", contentPolicy(door.access()?.otherOrigins() ?? []));
    if (request.url.startsWith(apiRoot)) void reply.header("cache-control", "no-store");
    // A page of another node asks for it to see whether this one lives.
    if (request.url === "/favicon.svg") void reply.header("cross-origin-resource-policy", "cross-origin");
    done();
  });
}

export async function consoleRoutes(app: FastifyInstance, folder: string): Promise<void> {
  // Set-up has compressed what is worth it: a telephone on site loads a quarter of the bytes.
  await app.register(files, { root: folder, serve: false, decorateReply: true, preCompressed: true });
  app.get("/*", { schema: { hide: true }, config: { admits: "everybody" } }, (request, reply) =>
    answer(folder, request, reply),
  );
}

function answer(folder: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = "/"] = request.url.split("?");
  if (/^\/(api|ready)(\/|$)/.test(path)) {
    reply.callNotFound();
    return reply;
  }
  const isFile = /\.[a-z0-9]+$/i.test(path);
  const isPage = path === "/" || request.headers.accept?.includes("text/html") === true;
  if (!isFile && !isPage) {
    reply.callNotFound();
    return reply;
  }
  if (!existsSync(join(folder, "index.html"))) return reply.code(503).type("text/plain").send(notBuilt);
  if (!isFile) {
    void reply.header("cache-control", "no-cache");
    const depth = path.split("/").length - 2;
    if (depth === 0) return reply.sendFile("index.html", { cacheControl: false });
    // Deeper than any page of ours: the answer must not grow with what a stranger asks for.
    const page = readFileSync(join(folder, "index.html"), "utf8");
    const up = "../".repeat(Math.min(depth, pageDepthMax));
    return reply.type("text/html; charset=utf-8").send(page.replaceAll('="./', `="${up}`));
  }
  const isHashed = path.startsWith("/assets/");
  if (!isHashed) return reply.header("cache-control", "no-cache").sendFile(path, { cacheControl: false });
  return reply.sendFile(path, { immutable: true, maxAge: "365d" });
}
