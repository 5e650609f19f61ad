// SPDX-License-Identifier: Apache-2.0
// The state with which a node's loop begins: what survived the last daemon, and whether the host has booted
// since.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModuleId } from "../../base/units.js";
import { peersOf } from "../config/cluster-file.js";
import type { ModuleSettings } from "../config/module-file.js";
import type { Paths } from "../config/paths.js";
import { initialState, lostDurable } from "../../decide/mirror/step.js";
import type { Durable, FailoverPause, NodeState } from "../../decide/mirror/types.js";
import { NodeRecordWriter, readNodeRecord } from "./node-record.js";
import { bootClock } from "../clock.js";
import type { Member } from "../network/cluster-network.js";
import { configOf } from "../config/module-settings.js";

/**
 * Lies in /run, which a boot empties: the kernel's boot id would be the same in every virtual host of a
 * lab.
 */
const bootMark = "booted";

export interface InitialState {
  readonly state: NodeState;
  /** Why the record of the last daemon could not be used. */
  readonly trouble: string | undefined;
  /** What it says of modules whose settings cannot be read: kept in it until they can (R103). */
  readonly unread: Map<ModuleId, Durable>;
  readonly keep: (state: NodeState) => Promise<void>;
}

export function stateAtStart(
  paths: Paths,
  incarnation: string,
  { config, card }: Member,
  modules: ReadonlyMap<ModuleId, ModuleSettings>,
  pause: FailoverPause | undefined,
  unknown: readonly ModuleId[] = [],
): InitialState {
  const { record, sequence, trouble } = readNodeRecord(paths.nodeRecord);
  const durable = (record?.modules ?? {}) as Readonly<Record<string, Durable | undefined>>;
  // R104: the first turn of every daemon writes one; where modules are, there was one.
  const isLost = record === undefined && modules.size > 0;
  const unread = new Map(
    unknown.flatMap((id) => (durable[id] === undefined ? [] : [[id, durable[id]] as const])),
  );
  const timeouts = Object.fromEntries(config.networks.map(({ name, timeout }) => [name, timeout]));
  const state = initialState({
    self: card.node,
    incarnation,
    at: bootClock(),
    boot: isMarked(paths) ? "daemon" : "host",
    peers: Object.fromEntries(peersOf(config, card.node).map(({ name }) => [name, timeouts])),
    modules: [...modules].map(([id, settings]) => {
      const known = durable[id] ?? (isLost ? lostDurable : undefined);
      const module = configOf(id, settings);
      return known === undefined ? { config: module } : { config: module, durable: known };
    }),
    ...(pause !== undefined && { pause }),
  });
  const writer = new NodeRecordWriter(paths.nodeRecord, sequence);
  const keep = async (next: NodeState): Promise<void> => {
    const entries = Object.values(next.modules).map((module) => [module.config.id, module.durable] as const);
    await writer.write({ node: next.self, modules: Object.fromEntries([...unread, ...entries]) });
    // Only now: what the boot has renewed is in the record.
    if (!isMarked(paths)) mark(paths);
  };
  const lost = `${paths.nodeRecord} is gone: what was wished of each module is taken from what runs`;
  return { state, trouble: trouble ?? (isLost ? lost : undefined), unread, keep };
}

const markOf = ({ run }: Paths): string => join(run, bootMark);

const isMarked = (paths: Paths): boolean => existsSync(markOf(paths));

function mark(paths: Paths): void {
  mkdirSync(paths.run, { recursive: true, mode: 0o755 });
  writeFileSync(markOf(paths), "");
}
