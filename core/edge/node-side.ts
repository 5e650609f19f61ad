// SPDX-License-Identifier: Apache-2.0
// The node's side of a daemon (port.ts): the running node once there is a cluster, what the API's side asks
// of it, and news of every change, a few times a second at most.

import { hostname } from "node:os";
import type { PeerAnswers, PeerCall } from "../api/calls/peer.js";
import type { ModuleView, Status, VmView } from "../api/contract.js";
import { GemelError, type Failure } from "../base/errors.js";
import { statusTellEveryMs } from "../base/limits/edge.js";
import { seconds } from "../base/units.js";
import { exists } from "../decide/mirror/evidence/proofs.js";
import type { AlarmFacts } from "../describe/alarm/alarms.js";
import { valueOf } from "../loop/vm-effects.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import { bootClock, timesNow, wallClock } from "./clock.js";
import { gemelVersion } from "./cluster/version.js";
import { ClusterNode, type ClusterNodeEdge } from "./cluster-node.js";
import { peersOf } from "./config/cluster-file.js";
import { examine } from "./doctor.js";
import type { Member } from "./network/cluster-network.js";
import type { LookedAt, NodeDesk, NodeNews, NodeSnapshot } from "./port.js";

export interface NodeSideEdge extends Pick<
  ClusterNodeEdge,
  "paths" | "incarnation" | "arbiters" | "fence" | "protection" | "failed"
> {
  readonly hypervisor: (node: string) => Hypervisor;
  readonly tell: (news: NodeNews) => void;
}

export class NodeSide {
  private readonly startedAt = bootClock();
  private present: ClusterNode | undefined;
  private unwritable: AlarmFacts["unwritable"] = [];
  private clusterFault: Failure | undefined;
  private leaving = false;
  private telling: NodeJS.Timeout | undefined;
  private told = "";
  private shown: readonly unknown[] = [];

  constructor(private readonly edge: NodeSideEdge) {}

  readonly desk: NodeDesk = {
    enter: (member) => this.enter(member),
    reconfigure: (config) => this.running.reconfigure(config),
    misread: (fault) => {
      this.clusterFault = fault;
      this.changed();
    },
    stop: () => this.stop(),
    status: (unwritable) => this.status(unwritable),
    doctor: (certificates) =>
      examine({
        node: this.node,
        status: this.status(this.unwritable),
        certificates,
        running: this.present,
        clusterFault: this.clusterFault,
        troubles: this.present?.modules.troubles() ?? [],
      }),
    look: (module) => lookedAt(this.running, module),
    modules: () => {
      const { modules } = this.running;
      return modules.ids().map((id) => modules.view(id));
    },
    change: (module, change) => {
      this.running.modules.change(module, change);
      return this.offered(module);
    },
    replace: (module, settings) => {
      this.running.modules.replace(module, settings);
      return this.offered(module);
    },
    share: (...change) => this.running.recordSync.record.set(...change),
    command: (command, by) => this.running.commands.ask(command, by),
    mirror: (module, command, limit) => this.running.mirrors.ask(module, command, limit),
    vms: () => vmsOf(this.running),
    protect: (request, by) => this.running.protection.protect(request, by),
    unprotect: (module, request, by) => {
      this.running.modules.expect(module);
      return this.running.protection.unprotect(module, request, by);
    },
    procedure: (id) => this.running.progress.procedure(id),
    call: (peer, request) => this.running.network.call(peer, request),
    answer: (call, body) => {
      // The API's side has judged it by the call's own schema.
      const answer = answersOf(this.running)[call] as (body: unknown) => Promise<unknown>;
      return answer(body);
    },
    heard: (from, line) => {
      const network = this.present?.network;
      const turns = network?.turns === true;
      network?.heard(from, line);
      return turns;
    },
    refuse: (from, why) => this.present?.network.refuse(from, why),
    counters: () => this.running.hypervisor.figures(),
    list: () => this.running.hypervisor.list(),
    tellFigures: (peer, figures) => this.present?.network.tellFigures(peer, figures),
  };

  private enter(member: Member): void {
    this.present?.stop();
    this.present = undefined;
    this.present = new ClusterNode(
      {
        ...this.edge,
        startedAt: this.startedAt,
        hypervisor: this.edge.hypervisor(member.card.node),
        clusterFault: () => this.clusterFault,
        record: (entry) =>
          this.edge.tell({ kind: "entry", entry: { at: wallClock(), node: this.node, ...entry } }),
        figures: (from, figures) => this.edge.tell({ kind: "figures", from, figures }),
        changed: () => this.changed(),
      },
      member,
    );
    this.changed();
  }

  /** Guests and mirrors run on. What ends now still reports changes; nobody is told of them. */
  private async stop(): Promise<void> {
    this.leaving = true;
    clearTimeout(this.telling);
    this.present?.stop();
    await this.present?.hypervisor.close();
  }

  private status(unwritable: AlarmFacts["unwritable"]): Status {
    this.unwritable = unwritable;
    return this.present?.status(unwritable) ?? withoutCluster(this.clusterFault);
  }

  private get node(): string {
    return this.present?.node ?? hostname();
  }

  private get running(): ClusterNode {
    if (this.present === undefined) throw new GemelError("GEMEL-4001", this.node);
    return this.present;
  }

  private async offered(module: string): Promise<ModuleView> {
    const { modules, configSync } = this.running;
    this.show();
    await configSync.offerAll();
    return modules.view(module);
  }

  private changed(): void {
    if (this.leaving || this.present === undefined) return;
    this.show();
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      const status = this.status(this.unwritable);
      // The clock alone changes nothing.
      const picture = JSON.stringify({ ...status, at: "" });
      if (picture === this.told) return;
      this.told = picture;
      this.present?.network.tellViews();
      this.edge.tell({ kind: "status", status });
    }, statusTellEveryMs);
  }

  /** At once, when it is another one. */
  private show(): void {
    const snapshot = snapshotOf(this.running);
    const { shared, modules, ...lists } = snapshot;
    const shown = [shared, JSON.stringify(lists), ...Object.values(modules)];
    if (shown.length === this.shown.length && shown.every((one, place) => one === this.shown[place])) return;
    this.shown = shown;
    this.edge.tell({ kind: "snapshot", snapshot });
  }
}

function lookedAt(running: ClusterNode, module: string): LookedAt {
  const { state, modules, mirrors, watch } = running;
  const { nodes } = modules.expect(module);
  return {
    state,
    times: timesNow(),
    view: running.views().find((one) => one.module === module),
    mirror: mirrors.lastStatus(module),
    measures: Object.fromEntries(nodes.map((node) => [node, watch.measures(node)[module] ?? {}])),
  };
}

async function vmsOf({ node, hypervisor, protection }: ClusterNode): Promise<readonly VmView[]> {
  const vms = valueOf(await hypervisor.list(), node);
  const owners = protection.coming();
  return vms.map(({ id, name, power, memory, vcpus }) => {
    const module = owners.get(id);
    return { node, id, name, power, memory, vcpus, ...(module !== undefined && { module }) };
  });
}

function snapshotOf(running: ClusterNode): NodeSnapshot {
  const { member, recordSync, modules, network, state } = running;
  const active = Object.values(state.modules).filter(({ config }) => running.runsHere(config.id));
  const peers = peersOf(member.config, running.node).map(({ name }) => name);
  return {
    shared: recordSync.record.entries,
    modules: Object.fromEntries(modules.ids().map((id) => [id, modules.expect(id)])),
    active: active.map(({ config }) => config.id),
    ready: active.filter(exists).map(({ config }) => config.id),
    answering: peers.filter((peer) => network.answersControl(peer)),
  };
}

/** What the other node's daemon asks by name, and the rooms that answer it. */
function answersOf(running: ClusterNode): PeerAnswers<Exclude<PeerCall, "copy">> {
  const { configSync, progress, modules, mirrors } = running;
  return {
    ...running.recordSync.answers,
    ...running.watch.answers,
    ...running.standby.answers,
    ...running.protection.answers,
    "offer-module": (offer) => Promise.resolve(configSync.taken(offer)),
    procedure: ({ id }) => Promise.resolve(progress.ownProcedure(id)),
    verify: async ({ module, repair }) => {
      modules.expect(module);
      return await mirrors.ask(module, { do: "verify", repair }, seconds(10));
    },
  };
}

export function withoutCluster(fault?: Failure): Status {
  return {
    format: 1,
    answeredBy: hostname(),
    at: wallClock(),
    version: gemelVersion,
    cluster: null,
    arbiter: "none",
    nodes: [],
    modules: [],
    procedures: [],
    warnings: [],
    alarms: [],
    pause: null,
    sentence:
      fault?.message ?? "This node belongs to no cluster: gemel cluster init, or gemel cluster join TOKEN.",
  };
}
