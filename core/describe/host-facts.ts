// SPDX-License-Identifier: Apache-2.0
// What a node says of itself for the question whether everything fits: size of the host, its other VMs, its
// disk, and what it knows of the modules. Told to the other node and kept, so that a silent host is judged by
// what it last said.

import { modulesMax } from "../base/limits.js";

export interface ModuleFacts {
  readonly module: string;
  /** This node's hypervisor knows the VM; else the next two are what was known last, by anybody. */
  readonly here: boolean;
  /** Configured; null: never known. */
  readonly memory: number | null;
  /** Size of its disks as the guest sees them; null: never known. */
  readonly diskCapacity: number | null;
  /** Of this node's copy; null: its mirror does not run. */
  readonly copy: { readonly bytes: number; readonly allocated: number } | null;
}

export interface HostFacts {
  readonly node: string;
  readonly at: string;
  readonly cpus: number;
  readonly memory: number;
  readonly others: { readonly cpu: number; readonly memory: number };
  readonly disk: { readonly path: string; readonly total: number; readonly free: number } | null;
  readonly modules: readonly ModuleFacts[];
}

/** From the other node or from disk: another version may have written it. */
export function areFacts(value: unknown, node: string): value is HostFacts {
  const facts = (value ?? {}) as Partial<Record<keyof HostFacts, unknown>>;
  const others = (facts.others ?? {}) as { readonly cpu?: unknown; readonly memory?: unknown };
  const disk = (facts.disk ?? { total: 0, free: 0 }) as { readonly total?: unknown; readonly free?: unknown };
  const numbers = [facts.cpus, facts.memory, others.cpu, others.memory, disk.total, disk.free];
  return (
    facts.node === node &&
    typeof facts.at === "string" &&
    numbers.every((one) => Number.isFinite(one)) &&
    Array.isArray(facts.modules) &&
    facts.modules.length <= modulesMax &&
    facts.modules.every((one) => isModule(one))
  );
}

function isModule(value: unknown): boolean {
  const { module, here, memory, diskCapacity, copy } = (value ?? {}) as Partial<
    Record<keyof ModuleFacts, unknown>
  >;
  const { bytes, allocated } = (copy ?? { bytes: 0, allocated: 0 }) as Readonly<Record<string, unknown>>;
  return (
    typeof module === "string" &&
    typeof here === "boolean" &&
    [memory, diskCapacity].every((one) => one === null || Number.isFinite(one)) &&
    [bytes, allocated].every((one) => Number.isFinite(one))
  );
}

export function memoryOf(module: string, all: readonly HostFacts[]): number | null {
  return knownOf(module, all, ({ memory }) => memory);
}

export function capacityOf(module: string, all: readonly HostFacts[]): number | null {
  return knownOf(module, all, ({ diskCapacity }) => diskCapacity);
}

/** How much this node's copies can still grow, every disk written to its end. */
export function growthOn(facts: HostFacts, all: readonly HostFacts[]): number {
  return facts.modules.reduce((sum, { module, copy }) => {
    if (copy === null) return sum;
    const capacity = capacityOf(module, all) ?? 0;
    return sum + Math.max(0, Math.max(capacity, copy.bytes) - copy.allocated);
  }, 0);
}

/** First whoever has the VM, then whoever spoke last. */
function knownOf(
  module: string,
  all: readonly HostFacts[],
  of: (facts: ModuleFacts) => number | null,
): number | null {
  const said = all.flatMap(({ at, modules }) =>
    modules.flatMap((one) => (one.module === module ? [{ at, here: one.here, value: of(one) }] : [])),
  );
  said.sort((a, b) => Number(b.here) - Number(a.here) || (a.at < b.at ? 1 : -1));
  return said.find(({ value }) => value !== null)?.value ?? null;
}
