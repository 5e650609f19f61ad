// SPDX-License-Identifier: Apache-2.0
// How every run ends: all is healed, a person does what status says, and then
//
//   converges        each module is a pair in sync within four minutes
//   green-survives   the plug of a host that runs a green guest is pulled: it runs on the other one, with all
//                    that was ever acknowledged

import type { ModuleId } from "../../core/base/units.js";
import { describe, type Description } from "../../core/describe/module/sentences.js";
import type { Cluster } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import { executes } from "../../core/sim/server.js";
import type { Invariants } from "./invariants.js";
import { demand } from "./violation.js";

/** Silence, the slowest start, and what a loaded host takes for them. */
const failoverMs = 60_000;

export const told = (host: Host, id: ModuleId): Description | undefined =>
  host.state === undefined ? undefined : describe(host.state, id);

const isGreen = (found: Description | undefined): boolean => found?.stability === "Ready";

export function isPair({ hosts }: Cluster, id: ModuleId): boolean {
  const both = hosts.map((host) => told(host, id));
  const states = both.map((found) => found?.state).sort();
  return states.join() === "PRIM,SECOND" && both.every(isGreen);
}

/** Two nodes in one line, without their names: what the same fault looks like in every seed. */
export const picture = ({ hosts }: Cluster, id: ModuleId): string =>
  hosts
    .map((host) => {
      const work = host.state?.modules[id]?.phase.work.kind ?? "no daemon";
      const found = told(host, id);
      return `${found?.state ?? "-"} ${work} ${found?.reason ?? "-"}`;
    })
    .sort()
    .join(" / ");

const isHeldOpen = ({ hosts }: Cluster, id: ModuleId): boolean =>
  hosts.some((host) => host.mirrors.get(id)?.isHeldOpen === true);

export function demandPairs(
  cluster: Cluster,
  hadSplit: (id: ModuleId) => boolean,
  invariants: Invariants,
): void {
  for (const { id } of cluster.configs) {
    // What waits for somebody's open file is one fault, in however many ways it shows.
    const signature = isHeldOpen(cluster, id) ? "a file below the mount is held open" : picture(cluster, id);
    demand(isPair(cluster, id), "converges", signature, picture(cluster, id));
    invariants.nothingLost(id, hadSplit(id));
  }
}

/** One module may hang or be stopped; the others are green beside it, and must live by that. */
export type Bystander = "none" | "stopped" | "hung";

/**
 * Pulls the plug of `host`. Demanded of every module that was green and not the bystander: who ran there runs
 * on the other one, who ran on the other one goes on.
 */
export async function pullThePlug(
  cluster: Cluster,
  host: Host,
  hadSplit: (id: ModuleId) => boolean,
  { invariants, bystander, look }: { invariants: Invariants; bystander: Bystander; look: () => void },
): Promise<void> {
  const heir = cluster.other(host);
  const green = cluster.configs.map(({ id }) => id).filter((id) => isPair(cluster, id));
  host.powerOff();
  const end = cluster.now + failoverMs;
  const isOn = (id: ModuleId): boolean => executes(heir.machineOf(id)) && answers(heir, id);
  while (cluster.now < end && !green.every(isOn)) {
    await cluster.run(1000);
    look();
  }
  for (const id of green) {
    const found = told(heir, id);
    const { work } = heir.state?.modules[id]?.phase ?? { work: { kind: "no daemon" } };
    const how = `${found?.state ?? "-"} ${work.kind} ${found?.reason ?? "-"}; a module is ${bystander}`;
    demand(isOn(id), "green-survives", how, id);
    if (!hadSplit(id)) invariants.hasAll(heir, id, "goes on after the plug");
  }
}

const answers = (host: Host, id: ModuleId): boolean => host.mirrors.get(id)?.acceptsWrites() === true;
