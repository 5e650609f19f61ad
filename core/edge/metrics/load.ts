// SPDX-License-Identifier: Apache-2.0
// Load of hosts and VMs as this daemon knows it: the station of figures put into its place, and what API and
// planner ask of it. Nothing here decides; the planner is decide/placement, and acting is a person's swap.

import { dirname } from "node:path";
import type { LiveEvent, Status } from "../../api/contract.js";
import type { loadRows } from "../../api/calls/load.js";
import type { AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { moduleId, nodeName, type ModuleId, type NodeName } from "../../base/units.js";
import { peersOf } from "../config/cluster-file.js";
import { defaultFolder, type Paths } from "../config/paths.js";
import { capacities, placement, type LoadSources } from "../../describe/status/placement.js";
import { MetricsCollector } from "./collector.js";
import { wallClock } from "../clock.js";
import type { Hypervisor } from "../../ports/hypervisor.js";
import type { Modules } from "../config/modules.js";
import type { MirrorSupervisor } from "../mirror/supervisor.js";
import type { ClusterNetwork, Member } from "../network/cluster-network.js";

/** What is measured of the running node. */
export interface MeasuredRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly hypervisor: Hypervisor;
  readonly modules: Pick<Modules, "expect" | "ids">;
  readonly mirrors: Pick<MirrorSupervisor, "ask">;
  readonly network: Pick<ClusterNetwork, "answersControl" | "tellFigures">;
  runsHere(module: ModuleId): boolean;
  log(module: string | null, sentence: string, outcome: string): void;
}

/** Where load is asked for. */
export interface LoadRooms {
  readonly member: Member;
  readonly modules: Pick<Modules, "expect">;
  readonly collector: MetricsCollector;
  status(): Status;
}

/** The live stream, as far as figures need it. */
export interface FiguresStream {
  readonly isWatched: boolean;
  pass(event: LiveEvent): void;
}

export function collectorOf(running: MeasuredRooms, paths: Paths, stream: FiguresStream): MetricsCollector {
  const { node, hypervisor, modules, mirrors, network } = running;
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
    answers: (peer) => network.answersControl(nodeName(peer)),
    tell: (peer, figures) => network.tellFigures(peer, figures),
    log: (sentence, outcome) => running.log(null, sentence, outcome),
    wallMs: () => Date.now(),
  });
}

export function loadAnswers(daemon: { readonly running: LoadRooms }): AnswersTo<typeof loadRows> {
  return {
    "GET /figures": () => daemon.running.collector.figures(),
    "GET /series": ({ query: { module, host, range } }) => {
      const { collector: figures, modules, member } = daemon.running;
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
    "GET /trends": () => daemon.running.collector.trends(),
    "GET /capacity": () => ({ at: wallClock(), hosts: capacities(loadSources(daemon.running)) }),
    "GET /placement": () => ({ at: wallClock(), ...placement(loadSources(daemon.running)) }),
  };
}

function loadSources(running: LoadRooms): LoadSources {
  const { collector, modules, member } = running;
  const nodes = member.config.nodes.map(({ name }) => name);
  const now = collector
    .figures()
    .flatMap((one) => one.modules.map(({ module, cpu }) => [module, cpu] as const));
  return {
    nodes,
    facts: nodes.flatMap((node) => collector.facts(node) ?? []),
    statuses: running.status().modules,
    settings: (module) => modules.expect(module),
    cpuNow: new Map(now),
    cpuOf: (module) => collector.loadOf(module),
    speaks: (node) => collector.speaks(node),
  };
}
