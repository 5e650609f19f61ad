// SPDX-License-Identifier: Apache-2.0
// Gathers what this node says of itself (facts.ts): the hypervisor's list, the disk, and the sizes of its
// copies, which only the mirror processes may look at (R33). What does not answer in time leaves what was
// known before.

import { Type } from "@sinclair/typebox";
import { dirname } from "node:path";
import { count, isOfShape } from "../../base/shape.js";
import type { ModuleId, NodeName } from "../../base/units.js";
import { wallClock } from "../clock.js";
import type { Modules } from "../config/modules.js";
import type { ClusterNetwork, Member } from "../network/cluster-network.js";
import type { VmPlace } from "../../loop/vm-effects.js";
import type { Hypervisor, VmSummary } from "../../ports/hypervisor.js";
import type { NodeDesk } from "../port.js";
import { diskSpace } from "./disk.js";
import { capacityOf, memoryOf, type ModuleFacts, type HostFacts } from "../../describe/host-facts.js";
import { coresOf } from "./rates.js";
import type { Sample } from "./sample.js";
import { copySizesLimit, copySizesEvery } from "../../base/limits/edge.js";

/** What is measured of the running node. */
export interface MeasuredRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly hypervisor: Pick<Hypervisor, "figures" | "list">;
  readonly modules: Pick<Modules, "expect" | "ids">;
  readonly mirrors: { readonly ask: NodeDesk["mirror"] };
  readonly network: Pick<ClusterNetwork, "answersControl" | "tellFigures">;
  runsHere(module: ModuleId): boolean;
  log(module: string | null, sentence: string, outcome: string): void;
}

/** The modules of this node, wherever they run. */
export const membersOf = ({ node, modules }: Pick<MeasuredRooms, "node" | "modules">): readonly VmPlace[] =>
  modules.ids().flatMap((module) => {
    const { nodes, vm } = modules.expect(module);
    return nodes.includes(node) ? [{ module, vm: vm.id, folder: vm.folder }] : [];
  });

export class Inventory {
  private rounds = 0;
  private readonly copies = new Map<string, ModuleFacts["copy"]>();
  private disk: HostFacts["disk"] = null;
  private vms: readonly VmSummary[] | undefined;

  /** `folders`: where those of modules are made unless a person chose another place. */
  constructor(
    private readonly rooms: MeasuredRooms,
    private readonly folders: string,
  ) {}

  /** `known`: what was said before, here and by the other nodes. */
  async take(
    before: Sample | undefined,
    now: Sample,
    known: readonly HostFacts[],
  ): Promise<HostFacts | undefined> {
    const { node } = this.rooms;
    await Promise.all([this.seeVms(), this.seeDisk(), this.seeCopies()]);
    const own = known.find((facts) => facts.node === node);
    const cpus = now.host?.value.cpus ?? own?.cpus;
    const memory = now.host?.value.memoryTotal ?? own?.memory;
    if (cpus === undefined || memory === undefined) return undefined;
    return {
      node,
      at: wallClock(),
      cpus,
      memory,
      others: this.others(before, now),
      disk: this.disk ?? own?.disk ?? null,
      modules: membersOf(this.rooms).map((member) => this.factsOf(member, now, known)),
    };
  }

  private factsOf({ module, vm }: VmPlace, now: Sample, known: readonly HostFacts[]): ModuleFacts {
    const found = this.vms?.find(({ id }) => id === vm);
    return {
      module,
      here: found !== undefined,
      memory: found?.memory ?? memoryOf(module, known),
      diskCapacity: now.vms.get(vm)?.value.diskCapacity ?? capacityOf(module, known),
      copy: this.copies.get(module) ?? null,
    };
  }

  /** VMs that run here and belong to no module. */
  private others(before: Sample | undefined, now: Sample): HostFacts["others"] {
    const ours = new Set(membersOf(this.rooms).map(({ vm }) => vm));
    const on = (this.vms ?? []).filter(
      ({ id, power }) => !ours.has(id) && (power === "running" || power === "paused"),
    );
    return {
      cpu: on.reduce((sum, { id }) => sum + (coresOf(id, before, now) ?? 0), 0),
      memory: on.reduce((sum, { memory }) => sum + memory, 0),
    };
  }

  private async seeVms(): Promise<void> {
    const listed = await this.rooms.hypervisor.list().catch(() => undefined);
    if (listed?.ok === true) this.vms = listed.value;
  }

  private async seeDisk(): Promise<void> {
    // Folders elsewhere have another file system: the first module's tells where most are.
    const [first] = membersOf(this.rooms);
    const found = await diskSpace(first === undefined ? this.folders : dirname(first.folder));
    if (found !== undefined) this.disk = found;
  }

  private async seeCopies(): Promise<void> {
    const isDue = this.rounds++ % copySizesEvery === 0;
    const due = membersOf(this.rooms).filter(({ module }) => isDue || !this.copies.has(module));
    const seen = due.map(async ({ module }) => {
      const listed = await this.rooms.mirrors
        .ask(module, { do: "list-files" }, copySizesLimit)
        .catch(() => undefined);
      const sizes = sizesOf(listed);
      if (sizes !== undefined) this.copies.set(module, sizes);
    });
    await Promise.all(seen);
  }
}

/** The answer to list-files; a mirror process of an older version does not say what is allocated. */
const listedFiles = Type.Object({ files: Type.Array(Type.Object({ bytes: count, allocated: count })) });

function sizesOf(listed: unknown): ModuleFacts["copy"] | undefined {
  if (!isOfShape(listedFiles, listed)) return undefined;
  const sum = (of: "bytes" | "allocated"): number => listed.files.reduce((all, one) => all + one[of], 0);
  return { bytes: sum("bytes"), allocated: sum("allocated") };
}
