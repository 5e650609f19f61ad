// SPDX-License-Identifier: Apache-2.0
// One host's daemon in the mock: the daemon's own answers to all calls (core/edge/calls), over a simulated
// node. Beyond the port is the world: the middle that it runs, and scenery.

import { Value } from "@sinclair/typebox/value";
import type { TSchema } from "@sinclair/typebox";
import type { Caller } from "../../core/api/caller.js";
import type { PeerBody } from "../../core/api/calls/peer.js";
import { ways } from "../../core/api/calls/table.js";
import { apiRoot, type CallWay, type ModuleView, type Status } from "../../core/api/contract.js";
import { PeerRefusal, type Answers } from "../../core/api/door.js";
import { schemas, type CallSchemas } from "../../core/api/schemas/calls.js";
import { GemelError, httpStatusOf, type Failure } from "../../core/base/errors.js";
import { moduleId, wallTime, type NodeName, type WallTime } from "../../core/base/units.js";
import { exists } from "../../core/decide/mirror/evidence/proofs.js";
import { answersOf } from "../../core/edge/calls/door.js";
import type { AskedDaemon, Founding } from "../../core/edge/calls/rooms.js";
import type { ClusterConfig } from "../../core/edge/config/cluster-file.js";
import { changed, moduleView, replaced } from "../../core/edge/config/module-settings.js";
import type { CallAnswer, PeerCallRequest } from "../../core/edge/network/peer-call.js";
import {
  askOver,
  type AskNode,
  type LookedAt,
  type NodeDesk,
  type NodeSnapshot,
} from "../../core/edge/port.js";
import { personAddress, type Access } from "./rooms/access.js";
import { doctorReport, newToken } from "./rooms/cluster.js";
import { readHistory } from "./rooms/history.js";
import { metricsOf } from "./rooms/load.js";
import { askMirror } from "./rooms/modules.js";
import { procedureOf, protect, unprotect, vmsOf } from "./rooms/protect.js";
import type { ModuleScene } from "./world/scenery.js";
import { measureOf, statusOf } from "./world/status.js";
import type { World } from "./world/world.js";

/** What a mock cannot be asked. */
const absent = (): never => {
  throw new GemelError("GEMEL-4008", "", "A mock cluster cannot do this.");
};

export class MockDaemon implements AskedDaemon {
  readonly ask: AskNode;
  readonly clustered = true;
  readonly metrics: AskedDaemon["metrics"];
  readonly access: AskedDaemon["access"];
  readonly answers: Answers;
  readonly history: AskedDaemon["history"];
  readonly founding: Founding;

  constructor(
    private readonly world: World,
    readonly node: NodeName,
    access: Access,
    private readonly other: (name: string) => MockDaemon,
  ) {
    this.ask = askOver(this.desk());
    this.metrics = metricsOf(world);
    this.access = access.at(node);
    this.history = { read: (filter) => readHistory(world, node, filter) };
    this.founding = {
      "POST /cluster": absent,
      "POST /cluster/join": absent,
      "POST /cluster/admissions": absent,
      "POST /cluster/tokens": () => newToken(world, node),
    };
    this.answers = answersOf(this);
  }

  get config(): ClusterConfig {
    return this.world.config;
  }

  get seen(): NodeSnapshot {
    const { cluster, shared, modules, nodes } = this.world;
    const active = Object.values(this.world.state(this.node).modules).filter(({ phase }) =>
      ["ALONE", "PRIM"].includes(phase.state),
    );
    return {
      shared,
      modules: Object.fromEntries(modules.map(({ id, settings }) => [id, settings])),
      active: active.map(({ config }) => config.id),
      ready: active.filter(exists).map(({ config }) => config.id),
      answering: nodes.filter((one) => one !== this.node && cluster.host(one).isDaemonUp),
    };
  }

  async status(): Promise<Status> {
    return await this.ask("status", []);
  }

  wallClock(): WallTime {
    return wallTime(this.world.wall());
  }

  private desk(): NodeDesk {
    const { world, node } = this;
    const configured = (id: string, settings: ModuleScene["settings"]): Promise<ModuleView> => {
      world.configure(world.module(id), settings);
      return Promise.resolve(moduleView(id, settings, []));
    };
    return {
      ...{ enter: absent, reconfigure: absent, misread: absent, stop: absent, heard: absent, refuse: absent },
      ...{ counters: absent, list: absent, tellFigures: absent },
      status: () => statusOf(world, node),
      doctor: () => Promise.resolve(doctorReport(world, node)),
      look: (id) => this.lookedAt(id),
      modules: () => world.modules.map(({ id, settings }) => moduleView(id, settings, [])),
      change: (id, change) => configured(id, changed(world.module(id).settings, change)),
      replace: (id, settings) => configured(id, replaced(id, world.module(id).settings, settings)),
      share: (...change) => world.share(...change),
      command: (command, by) => world.command(node, by, command),
      mirror: (id, command) => Promise.resolve(askMirror(world, node, id, command)),
      vms: () => Promise.resolve(vmsOf(world, node)),
      protect: (request, by) => Promise.resolve(protect(world, request, node, by)),
      unprotect: (id, request) => Promise.resolve(unprotect(world, world.module(id), request)),
      procedure: (id) => Promise.resolve(procedureOf(world, id)),
      call: (peer, request) => this.other(peer).called(request),
      answer: (call, body) => {
        if (call !== "verify") return absent();
        // Judged by the call's own schema.
        const { module, repair } = body as PeerBody<"verify">;
        return Promise.resolve(askMirror(world, node, module, { do: "verify", repair }));
      },
    };
  }

  private lookedAt(id: string): LookedAt {
    const { world, node } = this;
    return {
      state: world.state(node),
      times: world.times,
      view: world.views(node).find((one) => one.module === id),
      mirror: world.cluster.host(node).mirrors.get(moduleId(id))?.status(),
      measures: Object.fromEntries(world.nodes.map((one) => [one, measureOf(world.module(id))])),
    };
  }

  /** A call of the table as it comes by the wire, judged by its schemas. */
  async carryOut({ way, params }: Matched, query: unknown, body: unknown, caller: Caller): Promise<unknown> {
    const said: CallSchemas = schemas[way];
    const asked = { params, query: judged(said.query, query), body: judged(said.body, body), caller };
    // Those about HTTP itself are the transport's.
    const answers = this.answers as Partial<Record<CallWay, (asked: object) => unknown>>;
    return await (answers[way] ?? absent)(asked);
  }

  /** By another node's daemon. */
  private async called({ method, path, body, by = "node" }: PeerCallRequest): Promise<CallAnswer> {
    if (!this.world.cluster.host(this.node).isDaemonUp) throw new GemelError("GEMEL-1009", this.node);
    const { pathname, searchParams } = new URL(path.slice(apiRoot.length), "https://mock");
    const caller = { kind: "node", name: by, address: personAddress, role: "admin" } as const;
    const query = Object.fromEntries(searchParams);
    try {
      return { ok: true, body: await this.carryOut(callFor(method, pathname), query, body, caller) };
    } catch (error) {
      return { ok: false, ...refusalOf(error) };
    }
  }
}

/** As HTTP says it; what is none is a fault of the mock. */
export function refusalOf(error: unknown): { readonly status: number; readonly failure: Failure } {
  if (error instanceof PeerRefusal) return { status: error.status, failure: error.error };
  if (!(error instanceof GemelError)) throw error;
  return { status: httpStatusOf(error.code), failure: error.toJSON() };
}

export interface Matched {
  readonly way: CallWay;
  readonly params: Readonly<Record<string, string>>;
}

export function callFor(method: string, path: string): Matched {
  const parts = [method, ...path.split("/").slice(1)];
  for (const way of ways) {
    const pattern = way.split(/ ?\//);
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, place) => part.startsWith(":") || part === parts[place])) continue;
    const named = pattern.flatMap((part, place) =>
      part.startsWith(":") ? [[part.slice(1), decodeURIComponent(parts[place] ?? "")] as const] : [],
    );
    return { way, params: Object.fromEntries(named) };
  }
  throw new GemelError("GEMEL-4008", path, "There is no such address.");
}

/** As the API judges it: text of a query becomes a number, what is not said is as its schema says. */
export function judged(schema: TSchema | undefined, given: unknown): unknown {
  if (schema === undefined) return given;
  const value = Value.Default(schema, Value.Convert(schema, given ?? {}));
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  const field = (first?.path ?? "").split("/").filter(Boolean).join(".");
  throw new GemelError("GEMEL-4008", field, `${field}: ${first?.message ?? "is not valid"}.`);
}
