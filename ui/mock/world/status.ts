// SPDX-License-Identifier: Apache-2.0
// The mock's status: the daemon's own, put together out of what a simulated node knows. Scenery adds sizes,
// the last comparison and how full a disk is.

import type { ModuleStatus, Reintegration, Status } from "../../../core/api/contract.js";
import { instant, milliseconds, moduleId, wallTime } from "../../../core/base/units.js";
import { alarmsOf, type FoundAlarm } from "../../../core/describe/alarm/alarms.js";
import type { Measure } from "../../../core/describe/module/measures.js";
import { statusOf as describedStatus } from "../../../core/describe/status/status.js";
import { pauseWords } from "../../../core/describe/status/times.js";
import { shownCluster } from "../../../core/edge/config/cluster-file.js";
import { certificatesOf } from "../rooms/cluster.js";
import { mockVersion, type ModuleScene } from "./scenery.js";
import type { World } from "./world.js";

/** How fast both copies are compared. */
export const verifyBytesPerSecond = 420 * 1024 ** 2;
/** So much of a copy has changed while the other one was away. */
const changedPart = 0.08;

/** As one node answers, with the alarms of every node that does. */
export function statusOf(world: World, node: string): Status {
  const status = ownStatus(world, node);
  const known = new Map<string, FoundAlarm>();
  for (const { name, daemon } of status.nodes) {
    if (daemon !== "answers" || !world.cluster.host(name).isDaemonUp) continue;
    const own = name === node ? status : ownStatus(world, name);
    for (const alarm of foundIn(world, own)) if (!known.has(alarm.id)) known.set(alarm.id, alarm);
  }
  return { ...status, alarms: world.book.show([...known.values()], []) };
}

function ownStatus(world: World, node: string): Status {
  const status = describedStatus({
    state: world.state(node),
    times: world.times,
    startedAt: instant(world.cluster.now - world.now),
    version: mockVersion,
    arbiter: world.facts.arbiter,
    cluster: shownCluster(world.config),
    isPartly: (id) => world.module(id).settings.excluded.length > 0,
    procedures: world.procedures,
    copying: (id) => copyingOf(world, world.module(id)),
    troubles: [],
    unproven: new Map(),
    standby: new Map(),
    reachableSince: (peer, reachable) => instant(world.reachableSince(node, peer, reachable)),
    versionOf: () => mockVersion,
    startOf: (id) => milliseconds(measureOf(world.module(id)).startMs ?? 0),
  });
  return { ...status, modules: status.modules.map((module) => compared(world, module)) };
}

function foundIn(world: World, status: Status): readonly FoundAlarm[] {
  const { answeredBy: self, pause, nodes } = status;
  const { disk } = world.host(self);
  const answering = nodes.filter(({ name, daemon }) => name !== self && daemon === "answers");
  return alarmsOf({
    ...status,
    self,
    pause: pause === null ? undefined : pauseWords(pause, wallTime(status.at)),
    hypervisorLost: world.state(self).hypervisor === "lost",
    disks: [{ fileSystem: disk.path, module: "", usedShare: 1 - disk.free / disk.total }],
    certificates: certificatesOf(world, self),
    peers: answering.map(({ name }) => ({ node: name, version: mockVersion, clockMs: 0, clockErrorMs: 0 })),
    addressesGone: new Map(),
    unwritable: [],
    troubles: [],
  });
}

/** What a VM took to start and to stop the last time. */
export const measureOf = ({ settings }: ModuleScene): Measure => ({
  startMs: 9_000 + (settings.index % 4) * 4_000,
  stopMs: 4_000,
});

/** The engine counts what it copies; here it follows from how long the simulated copy still takes. */
export function copyingOf(world: World, module: ModuleScene): Reintegration | null {
  const { cluster } = world;
  for (const target of cluster.hosts) {
    const mirror = target.mirrors.get(moduleId(module.id));
    if (mirror?.filledAt === undefined || !mirror.isTarget) continue;
    const source = cluster.other(target).name;
    const fillMs = Math.max(1, cluster.pace.fillMs);
    const leftMs = Math.max(0, mirror.filledAt - cluster.now);
    const bytesTotal = Math.round(module.size.allocated * (module.isWhole ? changedPart : 1));
    const bytesDone = Math.round(bytesTotal * Math.max(0, 1 - leftMs / fillMs));
    return {
      node: source,
      kind: module.isWhole ? "tracked" : "first-copy",
      direction: "source",
      bytesTotal,
      bytesDone,
      bytesSent: bytesDone,
      bytesHashed: 0,
      bytesPerSecond: Math.round((bytesTotal / fillMs) * 1000),
      etaSeconds: Math.ceil(leftMs / 1000),
    };
  }
  return null;
}

function compared(world: World, status: ModuleStatus): ModuleStatus {
  const { verify, lastVerify, size } = world.module(status.id);
  const reintegration =
    verify === null ? status.reintegration : verifying(status, verify.done, size.allocated);
  return { ...status, reintegration, ...(lastVerify !== undefined && { lastVerify }) };
}

function verifying({ active }: ModuleStatus, done: number, bytesTotal: number): Reintegration {
  const bytesDone = Math.min(done, bytesTotal);
  return {
    node: active ?? "",
    kind: "verify",
    direction: "source",
    bytesTotal,
    bytesDone,
    bytesSent: 0,
    bytesHashed: bytesDone,
    bytesPerSecond: verifyBytesPerSecond,
    etaSeconds: Math.ceil((bytesTotal - bytesDone) / verifyBytesPerSecond),
  };
}

/** One module as the answering node has it. */
export function moduleStatus(world: World, id: string): ModuleStatus | undefined {
  const { answering } = world;
  return answering === undefined
    ? undefined
    : ownStatus(world, answering).modules.find((module) => module.id === id);
}
