// SPDX-License-Identifier: Apache-2.0
// What a mirror process is asked: its counters, its files, the comparison of both copies. All of it is
// scenery; what the copies are is the simulated mirror's.

import { GemelError } from "../../../core/base/errors.js";
import type { MirrorCommand, MirrorFigures } from "../../../native/index.js";
import { GiB, type ModuleScene } from "../world/scenery.js";
import { moduleStatus, verifyBytesPerSecond } from "../world/status.js";
import type { World } from "../world/world.js";
import { presentOf, runnerOf } from "./figures.js";

export function askMirror(world: World, node: string, id: string, command: MirrorCommand): unknown {
  const module = world.module(id);
  switch (command.do) {
    case "figures":
      return figuresOf(world, module, node);
    case "list-files":
      return { files: [fileOf(world, module, node)] };
    case "verify":
      verify(world, module, command.repair);
      return {};
    default:
      throw new GemelError("GEMEL-4008", command.do);
  }
}

function verify(world: World, module: ModuleScene, repair: boolean): void {
  if (moduleStatus(world, module.id)?.protected !== true)
    throw new GemelError("GEMEL-1004", module.id, "Verifying needs both copies in sync.");
  if (module.verify !== null) throw new GemelError("GEMEL-1010", module.id);
  module.verify = { done: 0, repair };
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

function fileOf(world: World, module: ModuleScene, node: string): object {
  const regularFile = 0o100600;
  const modified = Math.round(world.wallMs / 1000) - (runnerOf(world, module) === node ? 0 : 240);
  return { bytes: module.size.allocated, mode: regularFile, modified };
}

function figuresOf(world: World, module: ModuleScene, node: string): MirrorFigures {
  const figures = presentOf(world, module);
  const seconds = world.now / 1000;
  const conflict = world.views(node).some((one) => one.module === module.id && one.conflict);
  return {
    writeLatency: { whole: [], local: [], peer: [] },
    writes: Math.round(figures.writesPerSecond * seconds),
    reads: 0,
    flushes: Math.round((figures.writesPerSecond * seconds) / 12),
    bytesWritten: Math.round(figures.bytesWrittenPerSecond * seconds),
    bytesRead: Math.round(figures.bytesReadPerSecond * seconds),
    inFlight: figures.inFlight,
    dirtyBytes: conflict ? (node < "b" ? 1.4 : 0.3) * GiB : figures.dirtyBytes,
    hotExtents: 12,
    resyncBytesSent: 0,
    resyncBytesHashed: 0,
    resyncBytesDiffering: 0,
    resyncBytesHot: 0,
    guestPauseMaxMs: 0,
  };
}
