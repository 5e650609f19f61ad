// SPDX-License-Identifier: Apache-2.0
// A module's settings, its mirror's counters, and the comparison of both copies.

import type { Figures, ModuleChange, ModuleView, VerifyRequest } from "../../../core/api/contract.js";
import { moduleId } from "../../../core/base/units.js";
import { parseModule } from "../../../core/edge/config/module-file.js";
import { changed, moduleView, replaced } from "../../../core/edge/config/module-settings.js";
import { ConfigFault } from "../../../core/edge/config/xml.js";
import { refuse } from "../world/refusal.js";
import type { ModuleScene } from "../world/scenery.js";
import { moduleStatus, verifyBytesPerSecond } from "../world/status.js";
import type { World } from "../world/world.js";
import { presentOf, runnerOf } from "./figures.js";

export const viewOf = ({ id, settings }: ModuleScene): ModuleView => moduleView(id, settings, []);

export function changeModule(world: World, module: ModuleScene, change: ModuleChange): ModuleView {
  const { nodes } = module.settings;
  const { pin, defaultPrim } = change;
  const isNode = (name: string): boolean => nodes.some((node) => node === name);
  if (pin !== undefined && pin !== "" && !isNode(pin)) throw refuse("GEMEL-4012", "pin", pin);
  if (defaultPrim !== undefined && !["alone", "lastprim", ...nodes].includes(defaultPrim)) {
    const rule = `It is alone, lastprim or a node: ${nodes.join(", ")}.`;
    throw refuse("GEMEL-4008", "defaultPrim", rule);
  }
  world.configure(module, changed(module.settings, change));
  return viewOf(module);
}

export function replaceModule(world: World, module: ModuleScene, xml: string): ModuleView {
  world.configure(module, replaced(module.id, module.settings, parsed(module.id, xml)));
  return viewOf(module);
}

function parsed(id: string, xml: string): ModuleScene["settings"] {
  try {
    return parseModule(xml).config;
  } catch (thrown) {
    if (!(thrown instanceof ConfigFault)) throw thrown;
    throw refuse("GEMEL-4006", id, `line ${thrown.line}: ${thrown.reason}`);
  }
}

export function verify(
  world: World,
  module: ModuleScene,
  { repair = false }: VerifyRequest,
): { started: true } {
  if (moduleStatus(world, module.id)?.protected !== true) {
    throw refuse("GEMEL-1004", module.id, "Verifying needs both copies in sync.");
  }
  if (module.verify !== null) throw refuse("GEMEL-1010", module.id);
  module.verify = { done: 0, repair };
  return { started: true };
}

export function verifyOneSecond(world: World, module: ModuleScene): void {
  if (module.verify === null) return;
  const { repair } = module.verify;
  module.verify.done += verifyBytesPerSecond;
  if (module.verify.done < module.size.allocated) return;
  module.verify = null;
  module.lastVerify = { at: world.wall(), differingBytes: 0, repairedBytes: 0 };
  world.record({
    node: runnerOf(world, module) ?? module.home,
    kind: "log",
    module: module.id,
    sentence: "Both copies were compared.",
    inputs: { repair, bytes: module.size.allocated, differing: 0 },
    outcome: "no difference",
  });
}

export function figuresOfMirror(world: World, module: ModuleScene, node: string): Figures {
  const host = world.cluster.host(world.host(node).name);
  const mirror = host.isDaemonUp ? host.mirrors.get(moduleId(module.id)) : undefined;
  if (mirror === undefined) return { module: module.id, node, mirror: null, status: null };
  const figures = presentOf(world, module);
  const seconds = world.now / 1000;
  const { generation, session, inSync } = mirror.status();
  return {
    module: module.id,
    node,
    mirror: {
      writeLatency: { whole: [], local: [], peer: [] },
      writes: Math.round(figures.writesPerSecond * seconds),
      reads: 0,
      flushes: Math.round((figures.writesPerSecond * seconds) / 12),
      bytesWritten: Math.round(figures.bytesWrittenPerSecond * seconds),
      bytesRead: Math.round(figures.bytesReadPerSecond * seconds),
      inFlight: figures.inFlight,
      dirtyBytes: figures.dirtyBytes,
      hotExtents: 12,
      resyncBytesSent: 0,
      resyncBytesHashed: 0,
      resyncBytesDiffering: 0,
      resyncBytesHot: 0,
      guestPauseMaxMs: 0,
    },
    status: { generation, session, inSync },
  };
}
