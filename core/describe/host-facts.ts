// SPDX-License-Identifier: Apache-2.0
// What a node says of itself for the question whether everything fits: size of the host, its other VMs, its
// disk, and what it knows of the modules. Told to the other node and kept, so that a silent host is judged by
// what it last said.

import { Type, type Static } from "@sinclair/typebox";
import { modulesMax } from "../base/limits.js";
import { count, isOfShape, flag, list, nullable, text } from "../base/shape.js";

const moduleFacts = Type.Object({
  module: text,
  /** This node's hypervisor knows the VM; else the next two are what was known last, by anybody. */
  here: flag,
  /** Configured; null: never known. */
  memory: nullable(count),
  /** Size of its disks as the guest sees them; null: never known. */
  diskCapacity: nullable(count),
  /** Of this node's copy; null: its mirror does not run. */
  copy: nullable(Type.Object({ bytes: count, allocated: count })),
});
export type ModuleFacts = Readonly<Static<typeof moduleFacts>>;

const hostFacts = Type.Object({
  node: text,
  at: text,
  cpus: count,
  memory: count,
  others: Type.Object({ cpu: count, memory: count }),
  disk: nullable(Type.Object({ path: text, total: count, free: count })),
  modules: list<ModuleFacts>(moduleFacts, modulesMax),
});
export type HostFacts = Readonly<Static<typeof hostFacts>>;

/** From the other node or from disk: another version may have written it. */
export const areFacts = (value: unknown, node: string): value is HostFacts =>
  isOfShape(hostFacts, value) && value.node === node;

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
