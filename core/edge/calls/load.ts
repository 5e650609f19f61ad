// SPDX-License-Identifier: Apache-2.0
// Load of hosts and VMs as it is asked for. Nothing here decides; the planner is decide/placement, and acting
// is a person's swap.

import type { loadRows } from "../../api/calls/load.js";
import type { AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { capacities, placement, type LoadSources } from "../../describe/status/placement.js";
import { settingsOf, type AskedDaemon } from "./rooms.js";

export function loadAnswers(daemon: AskedDaemon): AnswersTo<typeof loadRows> {
  const at = (): string => daemon.wallClock();
  return {
    "GET /figures": () => daemon.metrics.figures(),
    "GET /series": ({ query: { module, host, range } }) => {
      if ((module === undefined) === (host === undefined))
        throw new GemelError("GEMEL-4008", "series", "Name either a module or a host.");
      if (module !== undefined) {
        settingsOf(daemon, module);
        return daemon.metrics.moduleSeries(module, range);
      }
      const name = host ?? "";
      if (!daemon.config.nodes.some((node) => node.name === name)) throw new GemelError("GEMEL-4012", name);
      return daemon.metrics.hostSeries(name, range);
    },
    "GET /trends": () => daemon.metrics.trends(),
    "GET /capacity": async () => ({ at: at(), hosts: capacities(await loadSources(daemon)) }),
    "GET /placement": async () => ({ at: at(), ...placement(await loadSources(daemon)) }),
  };
}

async function loadSources(daemon: AskedDaemon): Promise<LoadSources> {
  const { metrics, config } = daemon;
  const nodes = config.nodes.map(({ name }) => name);
  const now = metrics
    .figures()
    .flatMap((one) => one.modules.map(({ module, cpu }) => [module, cpu] as const));
  return {
    nodes,
    facts: nodes.flatMap((node) => metrics.facts(node) ?? []),
    statuses: (await daemon.status()).modules,
    settings: (module) => settingsOf(daemon, module),
    cpuNow: new Map(now),
    cpuOf: (module) => metrics.loadOf(module),
    speaks: (node) => metrics.speaks(node),
  };
}
