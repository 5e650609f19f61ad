// SPDX-License-Identifier: Apache-2.0
// The mock's API: one row per route with the role that it needs, like the daemon's. Bodies come from our own
// console; their form is judged here as far as a person can get it wrong in a form, in the registry's words.

import type { Role } from "../../core/api/contract.js";
import { mayDo } from "../../core/describe/words/words.js";
import { bodies } from "./bodies.js";
import type { Access } from "./rooms/access.js";
import {
  authorityPem,
  certificatesOf,
  clusterView,
  doctorReport,
  installCertificate,
  newToken,
  removeCertificate,
} from "./rooms/cluster.js";
import { bothCopies, carryOut, pause, previewOf, resume } from "./rooms/commands.js";
import { liveFigures, runnerOf, seriesOf, trendsOf } from "./rooms/figures.js";
import { readHistory } from "./rooms/history.js";
import { changeModule, figuresOfMirror, replaceModule, verify, viewOf } from "./rooms/modules.js";
import { capacityOf, placementOf } from "./rooms/placement.js";
import { procedureOf, protect, unprotect, vmsOf } from "./rooms/protect.js";
import { refuse } from "./world/refusal.js";
import type { Caller } from "./world/scenery.js";
import { statusOf } from "./world/status.js";
import type { World } from "./world/world.js";

/** Where the mock's only person sits. */
export const personAddress = "192.168.10.57";

export interface Asked {
  readonly world: World;
  readonly access: Access;
  readonly caller: Caller;
  /** The node that answers. */
  readonly self: string;
  /** What stands in the place of `:module`, `:id`, `:user`. */
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Route {
  readonly method: string;
  /** Below /api/v1; one part may be `:name`. */
  readonly path: string;
  readonly admits: Role | "everybody";
  /** A promise, where the middle of a node is asked. */
  readonly answer: (asked: Asked) => unknown;
}

const get = (path: string, answer: Route["answer"]): Route => ({
  method: "GET",
  path,
  admits: "monitor",
  answer,
});

const change = (method: string, path: string, admits: Route["admits"], answer: Route["answer"]): Route => ({
  method,
  path,
  admits,
  answer,
});

const looking: readonly Route[] = [
  get("/status", ({ world, self }) => statusOf(world, self)),
  get("/doctor", ({ world, self }) => doctorReport(world, self)),
  get("/modules", ({ world }) => world.modules.map(viewOf)),
  get("/modules/:module", ({ world, name }) => viewOf(world.module(name))),
  get("/modules/:module/figures", ({ world, name, query, self }) => {
    const module = world.module(name);
    return figuresOfMirror(world, module, query["node"] ?? runnerOf(world, module) ?? self);
  }),
  get("/modules/:module/preview", ({ world, self, name, query }) =>
    previewOf(world, self, world.module(name), query),
  ),
  get("/modules/:module/copies", ({ world, self, name }) => bothCopies(world, self, world.module(name))),
  get("/procedures/:id", ({ world, name }) => procedureOf(world, name)),
  get("/vms", ({ world, query }) => vmsOf(world, query["node"])),
  get("/figures", ({ world }) => liveFigures(world)),
  get("/series", ({ world, query }) => seriesOf(world, query)),
  get("/trends", ({ world }) => trendsOf(world)),
  get("/capacity", ({ world, self }) => capacityOf(world, self)),
  get("/placement", ({ world, self }) => placementOf(world, self)),
  get("/history", ({ world, self, query }) => readHistory(world, self, query)),
  get("/cluster", ({ world, self }) => clusterView(world, self)),
  get("/certificates", ({ world, self, query }) =>
    certificatesOf(world, world.host(query["node"] ?? self).name),
  ),
  { ...get("/cluster/ca", ({ world }) => authorityPem(world)), admits: "everybody" },
];

const commanding: readonly Route[] = [
  change("POST", "/modules/:module/commands", "control", ({ world, self, name, body, caller }) =>
    carryOut(world, self, name, bodies.command(body), caller),
  ),
  change("POST", "/modules/:module/verify", "control", ({ world, name, body }) =>
    verify(world, world.module(name), bodies.verify(body)),
  ),
  change("PUT", "/pause", "control", ({ world, body, caller }) => pause(world, bodies.pause(body), caller)),
  change("DELETE", "/pause", "control", ({ world }) => resume(world)),
  change("POST", "/alarms/:id/acknowledge", "control", ({ world, self, name, caller }) =>
    acknowledge(world, self, name, caller),
  ),
];

const configuring: readonly Route[] = [
  change("PATCH", "/modules/:module", "admin", ({ world, name, body }) =>
    changeModule(world, world.module(name), bodies.moduleChange(body)),
  ),
  change("PUT", "/modules/:module/userconfig", "admin", ({ world, name, body }) =>
    replaceModule(world, world.module(name), bodies.userconfig(body).xml),
  ),
  change("POST", "/modules/:module/unprotect", "admin", ({ world, name, body }) =>
    unprotect(world, world.module(name), bodies.unprotect(body)),
  ),
  change("POST", "/protect", "admin", ({ world, body, self, caller }) =>
    protect(world, bodies.protect(body), self, caller),
  ),
  change("POST", "/cluster/tokens", "admin", ({ world, self }) => newToken(world, self)),
  change("PUT", "/certificates/console", "admin", ({ world, self, body }) =>
    installCertificate(world, self, bodies.certificate(body)),
  ),
  change("DELETE", "/certificates/console", "admin", ({ world, self }) => removeCertificate(world, self)),
];

const people: readonly Route[] = [
  get("/session", ({ access, caller, self }) => access.session(caller, self)),
  change("POST", "/session/password", "monitor", ({ access, caller, body }) =>
    access.changeOwn(caller, bodies.password(body)),
  ),
  change("POST", "/session/handover", "monitor", ({ access, caller }) => access.handOver(caller)),
  { ...get("/users", ({ access }) => access.list()), admits: "admin" },
  change("POST", "/users", "admin", ({ access, body, caller }) => access.add(bodies.user(body), caller)),
  change("PATCH", "/users/:user", "admin", ({ access, name, body, caller }) =>
    access.change(name, bodies.userChange(body), caller),
  ),
  change("DELETE", "/users/:user", "admin", ({ access, name }) => access.remove(name)),
];

/** An acknowledgement is on record for both nodes. */
function acknowledge(
  world: World,
  self: string,
  id: string,
  { user }: Caller,
): { readonly sentence: string } {
  const alarm = statusOf(world, self).alarms.find((one) => one.id === id);
  if (alarm === undefined) throw refuse("GEMEL-1018", id);
  world.acknowledged.set(id, { by: user, at: world.wall() });
  return { sentence: `Acknowledged by ${user}: ${alarm.sentence}` };
}

export const routes: readonly Route[] = [...looking, ...commanding, ...configuring, ...people];

interface Matched {
  readonly route: Route;
  readonly name: string;
}

export function routeFor(method: string, path: string): Matched {
  const parts = path.split("/");
  for (const route of routes.filter((one) => one.method === method)) {
    const pattern = route.path.split("/");
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, place) => part.startsWith(":") || part === parts[place])) continue;
    const place = pattern.findIndex((part) => part.startsWith(":"));
    return { route, name: place < 0 ? "" : decodeURIComponent(parts[place] ?? "") };
  }
  throw refuse("GEMEL-4008", path, "There is no such address.");
}

export function admit({ admits }: Route, caller: Caller | null): void {
  if (admits === "everybody") return;
  if (caller === null) throw refuse("GEMEL-4013", personAddress);
  if (!mayDo(caller.role, admits)) throw refuse("GEMEL-4009", caller.user);
}
