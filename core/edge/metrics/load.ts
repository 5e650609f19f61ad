// SPDX-License-Identifier: Apache-2.0
// Load of hosts and VMs as this daemon knows it: the station of figures put into its place, and what API and
// planner ask of it. Nothing here decides; the planner is decide/placement, and acting is a person's swap.

import { dirname } from "node:path";
import type { LiveEvent, ModuleStatus } from "../../api/contract.js";
import type { LoadDoor } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { hostMemoryReserve } from "../../base/limits.js";
import { bytes, moduleId, nodeName, type NodeName } from "../../base/units.js";
import { peersOf } from "../config/cluster-file.js";
import { defaultFolder, type Paths } from "../config/paths.js";
import { growthOn, memoryOf, type HostFacts } from "./facts.js";
import { MetricsCollector } from "./collector.js";
import type { PlanHost, PlanModule } from "../../decide/placement/board.js";
import { outlookOf, type CapacityHost, type CapacityModule } from "../../decide/placement/capacity.js";
import { plan } from "../../decide/placement/plan.js";
import { wallClock } from "../clock.js";
import type { Daemon } from "../daemon.js";
import type { ClusterNode } from "../cluster-node.js";

/** The live stream, as far as figures need it. */
export interface FiguresStream {
  readonly isWatched: boolean;
  pass(event: LiveEvent): void;
}

export function stationOf(running: ClusterNode, paths: Paths, stream: FiguresStream): MetricsCollector {
  const { node, hypervisor, modules, mirrors, membership } = running;
  return new MetricsCollector({
    node,
    hypervisor,
    file: paths.figures,
    folders: dirname(defaultFolder(paths, "any")),
    // Asked for each time: the other node may join later.
    peers: () => peersOf(running.member.config, node).map(({ name }) => name),
    members: () =>
      modules.ids().flatMap((module) => {
        const { nodes, vm } = modules.expect(module);
        return nodes.includes(node) ? [{ module, vm: vm.id, folder: vm.folder }] : [];
      }),
    runsHere: (module) => running.runsHere(moduleId(module)),
    askMirror: (module, what, limit) => mirrors.ask(module, { do: what }, limit),
    isWatched: () => stream.isWatched,
    publish: (figures) => stream.pass({ kind: "figures", figures }),
    answers: (peer) => membership.answersControl(nodeName(peer)),
    tell: (peer, figures) => membership.tellFigures(peer, figures),
    log: (sentence, outcome) => running.log(null, sentence, outcome),
    wallMs: () => Date.now(),
  });
}

export function loadDoor(daemon: Daemon): LoadDoor {
  return {
    figures: () => daemon.running.figures.figures(),
    series: ({ module, host, range }) => {
      const { figures, modules, member } = daemon.running;
      if ((module === undefined) === (host === undefined))
        throw new GemelError("GEMEL-4008", "series", "Name either a module or a host.");
      if (module !== undefined) {
        modules.expect(module);
        return figures.moduleSeries(module, range);
      }
      const name = host ?? "";
      if (!member.config.nodes.some((node) => node.name === name)) throw new GemelError("GEMEL-4012", name);
      return figures.hostSeries(name, range);
    },
    trends: () => daemon.running.figures.trends(),
    capacity: () => ({ at: wallClock(), hosts: new Load(daemon.running).outlooks() }),
    placement: () => ({ at: wallClock(), ...new Load(daemon.running).placement() }),
  };
}

/** What is known of all nodes at one moment. */
class Load {
  private readonly nodes: readonly NodeName[];
  private readonly facts: readonly HostFacts[];
  private readonly statuses: readonly ModuleStatus[];

  constructor(private readonly running: ClusterNode) {
    this.nodes = running.member.config.nodes.map(({ name }) => name);
    this.facts = this.nodes.flatMap((node) => running.figures.facts(node) ?? []);
    this.statuses = running.status().modules;
  }

  outlooks(): readonly ReturnType<typeof outlookOf>[] {
    const now = new Map(
      this.running.figures
        .figures()
        .flatMap(({ modules }) => modules.map(({ module, cpu }) => [module, cpu])),
    );
    const modules = this.statuses.map(({ id, active }): CapacityModule => ({
      id: moduleId(id),
      nodes: this.running.modules.expect(id).nodes,
      active: active === null ? null : nodeName(active),
      cpu: now.get(id) ?? this.running.figures.loadOf(id),
      memory: memoryOf(id, this.facts),
    }));
    return this.facts.map((facts) => outlookOf(this.capacityHost(facts), modules, hostMemoryReserve));
  }

  placement(): ReturnType<typeof plan> {
    const speaking = this.facts.filter(({ node }) => this.running.figures.speaks(node));
    const silent = this.nodes.filter((node) => !speaking.some((facts) => facts.node === node));
    return plan(
      speaking.map(planHost),
      this.statuses.map((status) => this.planModule(status)),
      silent,
    );
  }

  private capacityHost(facts: HostFacts): CapacityHost {
    const { at, cpus, memory, others, disk } = facts;
    const growth = growthOn(facts, this.facts);
    const live = this.running.figures.speaks(facts.node);
    return { node: nodeName(facts.node), live, at, cpus, memory, others, disk, growth };
  }

  private planModule(status: ModuleStatus): PlanModule {
    const { id, active } = status;
    const { nodes, placement } = this.running.modules.expect(id);
    const memory = memoryOf(id, this.facts);
    return {
      id: moduleId(id),
      nodes,
      active: active === null ? null : nodeName(active),
      held: heldBy(status, memory),
      cpu: this.running.figures.loadOf(id),
      memory: memory ?? 0,
      ...placement,
    };
  }
}

const planHost = ({ node, cpus, memory, others }: HostFacts): PlanHost => ({
  node: nodeName(node),
  cpus,
  memory: bytes(Math.max(0, memory - hostMemoryReserve)),
  others,
});

/** Only a green pair is swapped; whatever else forbids a swap forbids a proposal. */
function heldBy(
  { protected: isProtected, sentence, actions }: ModuleStatus,
  memory: number | null,
): string | null {
  const swap = actions.find(({ verb }) => verb === "swap");
  if (swap?.allowed !== true) return swap?.why ?? "It cannot be swapped now.";
  if (!isProtected) return sentence;
  return memory === null ? "How much memory its VM needs is not known yet." : null;
}
