// SPDX-License-Identifier: Apache-2.0
// What must hold whatever happens, one checker per rule. They look at the true world, not at what a daemon
// believes.
//
//   proven-current   no copy goes ahead alone that its own engine does not call current (R19)
//   truly-silent     "silence" only after real silence at this host, counted while it ran (R16, R21)
//   not-running      on a word or goodbye the other side answers no guest any more (R20, R22)
//   one-lineage      two copies go ahead from one generation only when one of them did so on silence (R21)
//   nothing-lost     whoever runs has every acknowledged record; after a split kept copies have the rest
//   honest-word      no word or goodbye of a copy that has gone ahead itself lets an older one go on (R20)
//   no-undo          two operators never undo each other's data: no copy is set aside beside an empty one,
//                    and an empty one is never taken as the good one
//
// What must not last is in vigil.ts, what must come true in the end in ending.ts.

import type { ModuleId } from "../../core/base/units.js";
import type { Cluster } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import { isAheadOf } from "../../core/sim/mirror/copy.js";
import type { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";
import { executes } from "../../core/sim/server.js";
import { demand } from "./violation.js";

/** Timeout minus what a heartbeat may be late: 5 s minus one pulse and two steps. */
const silenceMin = 4300;

interface Child {
  readonly host: string;
  readonly basis: string;
}

export class Invariants {
  /** generation → who went ahead alone from it. */
  private readonly children = new Map<string, Child[]>();
  private readonly split = new Set<string>();

  constructor(private readonly cluster: Cluster) {
    cluster.onRight = (host, mirror, basis) => this.onRight(host, mirror, basis);
    cluster.onSetAside = (host, module) => this.onSetAside(host, module);
    cluster.onVmStart = (host, module) => this.onVmStart(host, module);
  }

  isSplit(module: ModuleId): boolean {
    return this.split.has(module);
  }

  healed(module: ModuleId): void {
    this.split.delete(module);
  }

  private onRight(host: Host, mirror: FakeMirror, basis: string): void {
    const other = this.cluster.other(host);
    const status = mirror.status();
    this.provenCurrent(host, mirror, basis);
    if (basis === "silence") this.trulySilent(host, mirror);
    if (basis === "word" || basis === "goodbye") {
      this.notRunning(host, other, mirror.module as ModuleId);
      const isAhead = isAheadOf(other.copyOf(mirror.module as ModuleId), mirror.copy);
      demand(!isAhead, "honest-word", `on the ${basis} of a copy that ran alone since`, host.name);
    }
    this.oneLineage(host, mirror, basis, status.generation);
  }

  private provenCurrent(host: Host, mirror: FakeMirror, basis: string): void {
    // A running primary is current by being it; a waiting one needs the engine's proof, or a lease's.
    if (mirror.role === "primary" || basis === "forced" || basis === "lease") return;
    const { current } = mirror.status();
    const detail = `${host.name}: ${JSON.stringify(current)}`;
    demand(current.kind !== "none", "proven-current", `goes ahead on ${basis}`, detail);
  }

  /** At the moment of the decision: what is said while it is carried out calls nothing back. */
  private trulySilent(host: Host, { decidedAt }: FakeMirror): void {
    const silent = host.silenceAt(decidedAt);
    demand(silent >= silenceMin, "truly-silent", "too short", `${host.name} calls ${silent} ms silence`);
  }

  private notRunning(host: Host, other: Host, module: ModuleId): void {
    const mirror = other.mirrors.get(module);
    const isRunning = executes(other.machineOf(module)) && mirror?.acceptsWrites() === true && other.runs;
    demand(!isRunning, "not-running", "goes ahead while the other answers its guest", host.name);
  }

  private oneLineage(host: Host, mirror: FakeMirror, basis: string, generation: string): void {
    const others = (this.children.get(generation) ?? []).filter((child) => child.host !== host.name);
    const isExcused = basis === "silence" || others.some((child) => child.basis === "silence");
    if (others.length > 0) {
      const before = others.map((other) => other.basis).join();
      demand(isExcused, "one-lineage", `on ${basis} after ${before}`, `${generation} ${host.name}`);
      this.split.add(mirror.module);
    }
    this.children.set(generation, [...(this.children.get(generation) ?? []), { host: host.name, basis }]);
  }

  private onVmStart(host: Host, module: ModuleId): void {
    // A let-run that was on its way while the host stood still, or was cut off: the engine is frozen, and
    // answers nothing. What frees it is looked at then (onRight).
    if (host.mirrors.get(module)?.freeze !== undefined) return;
    const { records, basis } = host.copyOf(module);
    const isEmpty = basis === "first" && records.size === 0;
    const hadData = (this.cluster.acknowledged.get(module)?.size ?? 0) > 0;
    demand(!isEmpty || !hadData, "no-undo", "an empty folder is taken as the good copy", host.name);
    if (!this.isSplit(module)) this.hasAll(host, module, "starts");
  }

  /** Every acknowledged record. */
  hasAll(host: Host, module: ModuleId, what: string): void {
    const { records } = host.copyOf(module);
    const missing = [...(this.cluster.acknowledged.get(module) ?? [])].filter(
      (record) => !records.has(record),
    );
    const detail = `${host.name}: ${missing.length} records`;
    demand(missing.length === 0, "nothing-lost", `${what} without what was acknowledged`, detail);
  }

  /** At the end of a run: both copies have everything, or, after a split, some kept copy has the rest. */
  nothingLost(module: ModuleId, hadSplit: boolean): void {
    if (!hadSplit) {
      for (const host of this.cluster.hosts) this.hasAll(host, module, "ends");
      return;
    }
    const copies = this.cluster.hosts.flatMap((host) => [host.copyOf(module), ...host.kept]);
    const missing = [...(this.cluster.acknowledged.get(module) ?? [])].filter(
      (record) => !copies.some(({ records }) => records.has(record)),
    );
    demand(missing.length === 0, "nothing-lost", "on no copy at all", `${missing.length} records`);
  }

  private onSetAside(host: Host, module: ModuleId): void {
    const { state } = this.cluster.other(host).copyOf(module);
    demand(state !== "empty", "no-undo", "a copy is set aside while the other is empty", host.name);
  }
}
