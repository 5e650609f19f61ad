// SPDX-License-Identifier: Apache-2.0
// Load of hosts and VMs as this daemon knows it: the station of figures put into its place, and what API and
// planner ask of it. Nothing here decides; the planner is decide/placement, and acting is a person's swap.

import type { Status } from "../../api/contract.js";
import type { loadRows } from "../../api/calls/load.js";
import type { AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { capacities, placement, type LoadSources } from "../../describe/status/placement.js";
import type { MetricsCollector } from "./collector.js";
import { wallClock } from "../clock.js";
import type { Modules } from "../config/modules.js";
import type { Member } from "../network/cluster-network.js";

/** Where load is asked for. */
export interface LoadRooms {
  readonly member: Member;
  readonly modules: Pick<Modules, "expect">;
  readonly collector: MetricsCollector;
  status(): Status;
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
  const now = collector.figures().flatMap((one) => one.modules);
  return {
    nodes,
    facts: nodes.flatMap((node) => collector.facts(node) ?? []),
    statuses: running.status().modules,
    settings: (module) => modules.expect(module),
    cpuNow: new Map(now.map(({ module, cpu }) => [module, cpu])),
    cpuOf: (module) => collector.loadOf(module),
    speaks: (node) => collector.speaks(node),
  };
}
