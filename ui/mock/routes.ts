// SPDX-License-Identifier: Apache-2.0
// The mock's answers to the table of calls, which also says whom each admits, like the daemon's. Bodies come
// from our own console; their form is judged here as far as a person can get it wrong in a form, in the
// registry's words.

import type { Answer, CallWay } from "../../core/api/contract.js";
import { rowOf } from "../../core/api/calls/table.js";
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

/** Not the console's, or about the page that is held open. */
type Elsewhere =
  | "GET /events"
  | "GET /ready/:module"
  | "POST /handover"
  | "POST /shutdown"
  | "DELETE /shutdown"
  | "POST /cluster"
  | "POST /cluster/join"
  | "POST /cluster/admissions"
  | "POST /peer/calls/:call";
/** Who is logged in is the cluster's own matter (cluster.ts). */
type Entry = "POST /login" | "POST /logout";
type Answered = Exclude<CallWay, Elsewhere | Entry>;

/** A promise, where the middle of a node is asked. */
type Answers<W extends CallWay> = {
  readonly [Each in W]: (asked: Asked) => Answer<Each> | Promise<Answer<Each>>;
};

const looking = {
  "GET /status": ({ world, self }) => statusOf(world, self),
  "GET /doctor": ({ world, self }) => doctorReport(world, self),
  "GET /modules": ({ world }) => world.modules.map(viewOf),
  "GET /modules/:module": ({ world, name }) => viewOf(world.module(name)),
  "GET /modules/:module/figures": ({ world, name, query, self }) => {
    const module = world.module(name);
    return figuresOfMirror(world, module, query["node"] ?? runnerOf(world, module) ?? self);
  },
  "GET /modules/:module/preview": ({ world, self, name, query }) =>
    previewOf(world, self, world.module(name), query),
  "GET /modules/:module/copies": ({ world, self, name }) => bothCopies(world, self, world.module(name)),
  "GET /procedures/:id": ({ world, name }) => procedureOf(world, name),
  "GET /vms": ({ world, query }) => vmsOf(world, query["node"]),
  "GET /figures": ({ world }) => liveFigures(world),
  "GET /series": ({ world, query }) => seriesOf(world, query),
  "GET /trends": ({ world }) => trendsOf(world),
  "GET /capacity": ({ world, self }) => capacityOf(world, self),
  "GET /placement": ({ world, self }) => placementOf(world, self),
  "GET /history": ({ world, self, query }) => readHistory(world, self, query),
  "GET /cluster": ({ world, self }) => clusterView(world, self),
  "GET /certificates": ({ world, self, query }) =>
    certificatesOf(world, world.host(query["node"] ?? self).name),
  "GET /cluster/ca": ({ world }) => authorityPem(world),
} satisfies Partial<Answers<Answered>>;

const commanding = {
  "POST /modules/:module/commands": ({ world, self, name, body, caller }) =>
    carryOut(world, self, name, bodies.command(body), caller),
  "POST /modules/:module/verify": ({ world, name, body }) =>
    verify(world, world.module(name), bodies.verify(body)),
  "PUT /pause": ({ world, body, caller }) => pause(world, bodies.pause(body), caller),
  "DELETE /pause": ({ world }) => resume(world),
  "POST /alarms/:id/acknowledge": ({ world, self, name, caller }) => acknowledge(world, self, name, caller),
} satisfies Partial<Answers<Answered>>;

const configuring = {
  "PATCH /modules/:module": ({ world, name, body }) =>
    changeModule(world, world.module(name), bodies.moduleChange(body)),
  "PUT /modules/:module/userconfig": ({ world, name, body }) =>
    replaceModule(world, world.module(name), bodies.userconfig(body).xml),
  "POST /modules/:module/unprotect": ({ world, name, body }) =>
    unprotect(world, world.module(name), bodies.unprotect(body)),
  "POST /protect": ({ world, body, self, caller }) => protect(world, bodies.protect(body), self, caller),
  "POST /cluster/tokens": ({ world, self }) => newToken(world, self),
  "PUT /certificates/console": ({ world, self, body }) =>
    installCertificate(world, self, bodies.certificate(body)),
  "DELETE /certificates/console": ({ world, self }) => removeCertificate(world, self),
} satisfies Partial<Answers<Answered>>;

const people = {
  "GET /session": ({ access, caller, self }) => access.session(caller, self),
  "POST /session/password": ({ access, caller, body }) => access.changeOwn(caller, bodies.password(body)),
  "POST /session/handover": ({ access, caller }) => access.handOver(caller),
  "GET /users": ({ access }) => access.list(),
  "POST /users": ({ access, body, caller }) => access.add(bodies.user(body), caller),
  "PATCH /users/:user": ({ access, name, body, caller }) =>
    access.change(name, bodies.userChange(body), caller),
  "DELETE /users/:user": ({ access, name }) => access.remove(name),
} satisfies Partial<Answers<Answered>>;

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

const answers: Answers<Answered> = { ...looking, ...commanding, ...configuring, ...people };
const isAnswered = (way: string): way is Answered => Object.hasOwn(answers, way);
const played = [...Object.keys(answers).filter(isAnswered), "POST /login", "POST /logout"] as const;

interface Matched {
  readonly way: (typeof played)[number];
  /** What stands in the place of `:module`, `:id`, `:user`. */
  readonly name: string;
}

export function callFor(method: string, path: string): Matched {
  const parts = [method, ...path.split("/").slice(1)];
  for (const way of played) {
    const pattern = way.split(/ ?\//);
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, place) => part.startsWith(":") || part === parts[place])) continue;
    const place = pattern.findIndex((part) => part.startsWith(":"));
    return { way, name: place < 0 ? "" : decodeURIComponent(parts[place] ?? "") };
  }
  throw refuse("GEMEL-4008", path, "There is no such address.");
}

export const answerTo = (way: Answered, asked: Asked): unknown => answers[way](asked);

export function admit(way: Answered, caller: Caller | null): void {
  const { admits } = rowOf(way);
  if (admits === "everybody") return;
  if (caller === null) throw refuse("GEMEL-4013", personAddress);
  if (admits === "nodes" || admits === "local" || !mayDo(caller.role, admits))
    throw refuse("GEMEL-4009", caller.user);
}
