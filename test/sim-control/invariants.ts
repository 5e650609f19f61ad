// SPDX-License-Identifier: Apache-2.0
// What must hold whatever happens, one checker per rule. They look at the true world, not at what a daemon
// believes.
//
//   proven-current   no copy goes ahead alone that its own engine does not call current (R19)
//   truly-silent     "silence" only after real silence at this host, counted while it ran (R16, R21)
//   not-running      on a word or goodbye the other side answers no guest any more (R20, R22)
//   one-lineage      two copies go ahead from one generation only when one of them did so on silence (R21)
//   nothing-lost     whoever runs has every acknowledged record; after a split kept copies have the rest
//   converges        after healing, a pair in sync or (after a split only) a conflict

import type { ModuleId } from "../../core/base/units.js";
import type { Cluster } from "../../core/sim/cluster.js";
import type { Host } from "../../core/sim/host.js";
import type { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";
import { executes } from "../../core/sim/server.js";

/** Timeout minus what a heartbeat may be late: 5 s minus one pulse and two steps. */
const silenceMin = 4300;

/** From a decision to its effect. */
const carryOutMax = 100;

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
    if (basis === "silence") this.trulySilent(host);
    if (basis === "word" || basis === "goodbye") this.notRunning(host, other, mirror.module as ModuleId);
    this.oneLineage(host, mirror, basis, status.generation);
  }

  private provenCurrent(host: Host, mirror: FakeMirror, basis: string): void {
    // A running primary is current by being it; a waiting one needs the engine's proof, or a lease's.
    if (mirror.role === "primary" || basis === "forced" || basis === "lease") return;
    const { current } = mirror.status();
    this.demand(
      current.kind !== "none",
      "proven-current",
      `${host.name} goes ahead on ${basis}: ${JSON.stringify(current)}`,
    );
  }

  private trulySilent(host: Host): void {
    const since = this.cluster.now - host.heardAt;
    // What was decided in silence is not called back by a word that comes while it is carried out.
    const silent =
      since <= carryOutMax ? host.lastSilence : this.cluster.now - Math.max(host.heardAt, host.thawedAt);
    this.demand(silent >= silenceMin, "truly-silent", `${host.name} calls ${silent} ms silence`);
  }

  private notRunning(host: Host, other: Host, module: ModuleId): void {
    const mirror = other.mirrors.get(module);
    const isRunning = executes(other.machineOf(module)) && mirror?.acceptsWrites() === true && other.runs;
    this.demand(!isRunning, "not-running", `${host.name} goes ahead while ${other.name} answers its guest`);
  }

  private oneLineage(host: Host, mirror: FakeMirror, basis: string, generation: string): void {
    const others = (this.children.get(generation) ?? []).filter((child) => child.host !== host.name);
    const isExcused = basis === "silence" || others.some((child) => child.basis === "silence");
    if (others.length > 0) {
      this.demand(
        isExcused,
        "one-lineage",
        `${generation}: ${JSON.stringify(others)} and ${host.name} on ${basis}`,
      );
      this.split.add(mirror.module);
    }
    this.children.set(generation, [...(this.children.get(generation) ?? []), { host: host.name, basis }]);
  }

  private onVmStart(host: Host, module: ModuleId): void {
    if (!this.isSplit(module)) this.hasAll(host, module, "starts");
  }

  private hasAll(host: Host, module: ModuleId, what: string): void {
    const { records } = host.copyOf(module);
    const missing = [...(this.cluster.acknowledged.get(module) ?? [])].filter(
      (record) => !records.has(record),
    );
    this.demand(
      missing.length === 0,
      "nothing-lost",
      `${host.name} ${what} without ${missing.length} records`,
    );
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
    this.demand(missing.length === 0, "nothing-lost", `${missing.length} records are on no copy at all`);
  }

  demand(holds: boolean, rule: string, detail: string): void {
    if (!holds) throw new Error(`${rule}: ${detail}`);
  }
}
