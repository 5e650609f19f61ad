// SPDX-License-Identifier: Apache-2.0
// Who may do what. The unix socket is root's (its mode is 0600). On HTTPS the certificate counts: an
// administrator's may do everything, a node's everything too (it forwards what a person asked of it and was
// judged for). Without one a person's session counts, with the role that the person has at that moment; it
// must show with everything but GET that its own page asked (CSRF). The table of calls says of each whom it
// admits: a route that does not cannot be registered, so nothing is ever open, or closed, because somebody
// forgot a word.

import type { FastifyRequest, RouteOptions } from "fastify";
import { TLSSocket } from "node:tls";
import { idleOf } from "../edge/access/access.js";
import { GemelError } from "../base/errors.js";
import type { Admits } from "./calls/row.js";
import { deeds, routeOf } from "./calls/table.js";
import type { Role } from "./contract.js";
import type { Caller } from "./caller.js";
import type { ApiDoor } from "./door.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of each route; of a call it comes from its row. */
    admits?: Admits;
  }
  interface FastifyInstance {
    readonly ways: ReadonlyMap<string, Admits>;
  }
}

const changing: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** "GET /api/v1/status" → whom it admits: every way in, also those that OpenAPI does not show. */
export type Ways = Map<string, Admits>;

/** For fastify's onRoute: a route without its word stops the daemon's start, and every test, at once. */
export function noteWay(ways: Ways, { method, url, config }: RouteOptions): void {
  if (config?.admits === undefined)
    throw new Error(`The route ${String(method)} ${url} does not say whom it admits.`);
  for (const one of [method].flat()) {
    const way = `${one} ${url}`;
    if (changing.has(one) && !(way in deeds)) throw new Error(`The audit has no words for ${way}.`);
    ways.set(way, config.admits);
  }
}

/** An address that leads nowhere tells everybody the same. */
export function admitsOf(request: FastifyRequest): Admits {
  const { admits } = request.routeOptions.config;
  return admits ?? (request.is404 ? "everybody" : "local");
}

const liveUrl = routeOf("GET /events").url;

/** A node that forwards a person's request names that person in this header. */
export const onBehalfHeader = "x-gemel-by";

/** Connections of the unix socket. Named by who accepted them: nobody becomes root by lacking something. */
const localConnections = new WeakSet();
export const markLocal = (socket: object): void => void localConnections.add(socket);

export const csrfHeader = "x-gemel-csrf";
/** So many seconds ago somebody last touched the page that asks. */
export const idleHeader = "x-gemel-idle";
export const cookieName = (node: string): string => `gemel-${node}`;

export function callerOf(request: FastifyRequest, door: ApiDoor): Caller {
  const { socket } = request.raw;
  if (localConnections.has(socket)) return { kind: "root", name: "root", address: "local", role: "admin" };
  const address = socket.remoteAddress ?? "unknown";
  const certificate =
    socket instanceof TLSSocket ? (socket.getPeerCertificate() as { readonly raw?: Buffer }).raw : undefined;
  const holder = certificate === undefined ? undefined : door.judge(certificate);
  if (holder === undefined) return personOf(request, door, address, certificate !== undefined);
  const by = request.headers[onBehalfHeader];
  const name = holder.kind === "node" && typeof by === "string" ? by.slice(0, 200) : holder.name;
  return { kind: holder.kind, name, address, role: "admin" };
}

function personOf(request: FastifyRequest, door: ApiDoor, address: string, isStranger: boolean): Caller {
  const access = door.access();
  const cookie = access === undefined ? undefined : request.cookies[cookieName(access.node)];
  // What a page does by itself (its stream, its files) says nothing about a person.
  const isByItself = request.routeOptions.url === liveUrl || admitsOf(request) === "everybody";
  const idle = isByItself ? undefined : idleOf(request.headers[idleHeader]);
  const person = cookie === undefined ? undefined : access?.person(cookie, idle);
  return person === undefined
    ? { kind: "nobody", name: "nobody", address, isStranger }
    : { kind: "user", name: person.name, role: person.role, address, session: person.session };
}

const rank: Readonly<Record<Role, number>> = { monitor: 0, control: 1, admin: 2 };

export function admit(admits: Admits, caller: Caller): void {
  if (admits === "everybody" || caller.kind === "root") return;
  if (caller.kind === "nobody")
    throw new GemelError(caller.isStranger ? "GEMEL-4004" : "GEMEL-4013", caller.address);
  if (caller.kind === "node" && admits === "nodes") return;
  if (admits === "nodes" || admits === "local") throw new GemelError("GEMEL-4009", caller.name);
  if (rank[caller.role] >= rank[admits]) return;
  throw new GemelError(
    "GEMEL-4009",
    caller.name,
    `It needs the role ${admits}; ${caller.name} has ${caller.role}.`,
    "Ask an administrator, or log in as somebody who may.",
  );
}

/** Another site's page can make a browser send our cookie, but not this header. */
export function demandCsrf(request: FastifyRequest, door: ApiDoor): void {
  const { caller, method } = request;
  if (caller.kind !== "user" || method === "GET" || method === "HEAD") return;
  if (admitsOf(request) === "everybody") return;
  const given = request.headers[csrfHeader];
  if (typeof given === "string" && door.access()?.isCsrf(caller.session, given) === true) return;
  throw new GemelError("GEMEL-4016", caller.name);
}

/** For what stays open: a session may end meanwhile. */
export function isStillIn(caller: Caller, door: ApiDoor): boolean {
  return caller.kind !== "user" || door.access()?.person(caller.session, undefined) !== undefined;
}
