// SPDX-License-Identifier: Apache-2.0
// What must not last. Looked at once a second, on the true world:
//
//   left-paused    a guest that was started is never left paused with nobody asking
//   nobody-waits   with everything it needs in order, nothing waits for ever: a frozen guest for its answer,
//                  a person for the answer to a command
//
// and, once at the end, since it changes nothing before the next daemon begins:
//
//   remembered     what a daemon takes for durable is on its disk

import { seconds, type ModuleId } from "../../core/base/units.js";
import type { ModuleState, TaskKind } from "../../core/decide/mirror/types.js";
import type { Cluster } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import { executes } from "../../core/sim/server.js";
import { demand } from "./violation.js";

const pausedMax = seconds(30);
/** Longer than a request, its repetitions and the slowest step of a peer that works. */
const frozenMax = seconds(30);
const answerMax = seconds(30);

interface Asked {
  readonly host: Host;
  readonly incarnation: string;
  readonly what: string;
  readonly at: number;
}

export class Vigil {
  /** What goes on → since when. */
  private readonly since = new Map<string, number>();
  private readonly asked = new Map<string, Asked>();

  constructor(private readonly cluster: Cluster) {}

  given(id: string, host: Host, what: string): void {
    const { incarnation } = host.state ?? { incarnation: "" };
    if (host.isDaemonUp) this.asked.set(id, { host, incarnation, what, at: this.cluster.now });
  }

  look(): void {
    for (const host of this.cluster.hosts) {
      for (const { id } of this.cluster.configs) {
        this.leftPaused(host, id);
        this.frozen(host, id);
      }
    }
    this.answered();
  }

  /** How long it has been so without a break. */
  private lasts(what: string, isSo: boolean): number {
    if (!isSo) this.since.delete(what);
    else if (!this.since.has(what)) this.since.set(what, this.cluster.now);
    return this.cluster.now - (this.since.get(what) ?? this.cluster.now);
  }

  private leftPaused(host: Host, id: ModuleId): void {
    const machine = host.machineOf(id);
    const module = host.state?.modules[id];
    const works = host.runs && host.isHypervisorUp && !host.isStateDiskHung;
    const mirror = host.mirrors.get(id);
    const stands = machine.on && !executes(machine) && mirror?.isHung !== true;
    const isLeft = works && stands && module !== undefined && !isTaken(module);
    const ms = this.lasts(`${host.name} ${id} paused`, isLeft);
    const how = machine.held ? "started and never let run" : "paused by the engine";
    demand(ms <= pausedMax, "left-paused", `${how}; ${workOf(module)}`, host.name);
  }

  private frozen(host: Host, id: ModuleId): void {
    const other = this.cluster.other(host);
    const both = [host, other];
    const works = both.every(
      (one) => one.runs && one.isDaemonUp && one.isHypervisorUp && one.mirrors.get(id)?.isHung !== true,
    );
    const talks = this.cluster.networks.talk(host, other) && this.cluster.networks.talk(other, host);
    const isFrozen = host.mirrors.get(id)?.freeze !== undefined && host.machineOf(id).on;
    const ms = this.lasts(`${host.name} ${id} frozen`, isFrozen && works && talks);
    const disk = (one: Host): string => (one.isStateDiskHung ? "hangs" : "works");
    demand(
      ms <= frozenMax,
      "nobody-waits",
      `a frozen guest; the record's disk ${disk(host)} here and ${disk(other)} there`,
      `${workOf(host.state?.modules[id])}; ${workOf(other.state?.modules[id])}`,
    );
  }

  private answered(): void {
    for (const [id, { host, incarnation, what, at }] of this.asked) {
      const isOver = host.answers.has(id) || host.state?.incarnation !== incarnation;
      if (isOver || !host.runs || host.isStateDiskHung) this.asked.delete(id);
      else demand(this.cluster.now - at <= answerMax, "nobody-waits", `the answer to ${what}`, host.name);
    }
  }

  remembered(host: Host): void {
    for (const id of host.unsaved) {
      const held = host.state?.modules[id]?.durable.wish.kind ?? "nothing";
      const kept = host.record.get(id)?.wish.kind ?? "nothing";
      demand(held === kept, "remembered", `the wish to ${held} in memory, to ${kept} on disk`, host.name);
    }
  }
}

/** Somebody is at it: the freeze is being asked about, or a task of the VM goes on. */
function isTaken({ freeze, task }: ModuleState): boolean {
  const vmTasks: readonly TaskKind[] = ["start-workload", "stop-workload", "terminate"];
  return freeze !== undefined || (task !== undefined && vmTasks.includes(task.what));
}

const workOf = (module: ModuleState | undefined): string =>
  module === undefined ? "no daemon" : `${module.phase.state} ${module.phase.work.kind}`;
