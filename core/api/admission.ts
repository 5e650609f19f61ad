// SPDX-License-Identifier: Apache-2.0
// Who may do what. The unix socket is root's (its mode is 0600). On HTTPS the certificate counts: an
// administrator's may do everything, a node's everything too (it forwards what a person asked of it);
// without one only the join (which brings its own secret) and the readiness question of load balancers are
// open. Every route says itself whom it admits: one that does not cannot be registered, so nothing is ever
// open, or closed, because somebody forgot a word.

import type { FastifyRequest, RouteOptions } from "fastify";
import { TLSSocket } from "node:tls";
import { GemelError } from "../base/errors.js";
import type { Role } from "./contract.js";
import type { ApiDoor, Caller } from "./door.js";

/** Which callers a route admits; every route says one of these words in its `config`. */
export type Admits = Role | "nodes" | "local" | "everybody";

declare module "fastify" {
  interface FastifyContextConfig {
    admits?: Admits;
  }
  interface FastifyInstance {
    readonly ways: ReadonlyMap<string, Admits>;
  }
}

/** "GET /api/v1/status" → whom it admits: every way in, also those that OpenAPI does not show. */
export type Ways = Map<string, Admits>;

/** For fastify's onRoute: a route without its word stops the daemon's start, and every test, at once. */
export function noteWay(ways: Ways, { method, url, config }: RouteOptions): void {
  if (config?.admits === undefined)
    throw new Error(`The route ${String(method)} ${url} does not say whom it admits.`);
  for (const one of [method].flat()) ways.set(`${one} ${url}`, config.admits);
}

/** An address that leads nowhere tells everybody the same. */
export function admitsOf(request: FastifyRequest): Admits {
  const { admits } = request.routeOptions.config;
  return admits ?? (request.is404 ? "everybody" : "local");
}

/** A node that forwards a person's request names that person in this header. */
export const onBehalfHeader = "x-gemel-by";

export function callerOf(request: FastifyRequest, door: ApiDoor): Caller {
  const { socket } = request.raw;
  if (!(socket instanceof TLSSocket)) return { kind: "root", name: "root", address: "local" };
  const address = socket.remoteAddress ?? "unknown";
  const certificate = (socket.getPeerCertificate() as { readonly raw?: Buffer }).raw;
  const holder = certificate === undefined ? undefined : door.judge(certificate);
  if (holder === undefined) return { kind: "nobody", name: "nobody", address };
  const by = request.headers[onBehalfHeader];
  const name = holder.kind === "node" && typeof by === "string" ? by.slice(0, 200) : holder.name;
  return { kind: holder.kind, name, address };
}

export function admit(admits: Admits, caller: Caller): void {
  const members: readonly Caller["kind"][] = ["root", "admin", "node"];
  const allowed: Record<Admits, readonly Caller["kind"][]> = {
    everybody: ["root", "admin", "node", "nobody"],
    monitor: members,
    control: members,
    admin: members,
    nodes: ["root", "node"],
    local: ["root"],
  };
  if (allowed[admits].includes(caller.kind)) return;
  throw caller.kind === "nobody"
    ? new GemelError("GEMEL-4004", caller.address)
    : new GemelError("GEMEL-4009", caller.name);
}
