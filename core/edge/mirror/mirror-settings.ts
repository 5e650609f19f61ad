// SPDX-License-Identifier: Apache-2.0
// What the effects work with, out of the rooms of a running node: settings to places and mirror
// configurations, errors to failures with a code.

import { failure, GemelError, isErrorCode, type Failure } from "../../base/errors.js";
import { dataCodes, refusalCodes } from "../../base/mirror-errors.js";
import { askLimit, stallLimit, stopLimit } from "../../base/limits.js";
import { sideOf } from "../../decide/mirror/side.js";
import { cardFiles } from "../cluster/membership-card.js";
import { freezeDeadline, nodeOf, type NodeEntry } from "../config/cluster-file.js";
import type { ModuleSettings } from "../config/module-file.js";
import { stateFolder, type Paths } from "../config/paths.js";
import type { VmPlace } from "../../loop/vm-effects.js";
import { unexplained } from "../../loop/effects.js";
import { MirrorRefusal } from "./client.js";
import { mirrorFiles } from "./launch.js";
import type { MirrorConfig } from "../../../native/index.js";
import type { Member } from "../network/cluster-network.js";

export const vmPlaceOf = (module: string, { vm }: ModuleSettings): VmPlace => ({
  module,
  vm: vm.id,
  folder: vm.folder,
});

export function mirrorConfigOf(
  paths: Paths,
  { config, card }: Member,
  module: string,
  settings: ModuleSettings,
  known: MirrorConfig["known"],
): MirrorConfig {
  const side = sideOf(settings.nodes, card.node);
  const own = nodeOf(config, card.node);
  if (side.kind === "bystander" || own === undefined) throw new GemelError("GEMEL-1015", module);
  const peerNode = side.other;
  const peer = nodeOf(config, peerNode);
  const port = config.ports.data + settings.index;
  const files = cardFiles(paths);
  const addresses = (node: NodeEntry | undefined): MirrorConfig["listen"] =>
    config.networks.flatMap(({ name, data }) => {
      const address = data === "on" ? node?.addresses.get(name) : undefined;
      return address === undefined ? [] : [{ address, port }];
    });
  return {
    module,
    moduleUuid: settings.uuid,
    cluster: config.name,
    node: card.node,
    peerNode,
    root: settings.vm.folder,
    state: stateFolder(settings.vm.folder, module),
    socket: mirrorFiles(paths.mirrorRun, module).socket,
    acknowledge: settings.acknowledge,
    listen: addresses(own),
    peer: addresses(peer),
    tls: { ca: files.ca, cert: files.node, key: files.nodeKey },
    limits: {
      stallMs: stallLimit,
      askMs: askLimit,
      stopMs: stopLimit,
      freezeDeadlineMs: freezeDeadline(config),
    },
    known,
    resyncCap: settings.resyncCap,
  };
}

/** The mirror's words get the registry's codes; what nobody foresaw is named as that. */
export function explain(error: unknown, module: string): Failure {
  if (!(error instanceof MirrorRefusal)) return unexplained(error, module);
  const { code, message, next } = error.failure;
  if (isErrorCode(code)) return { code, message, where: module, next };
  const refused = refusalCodes[code];
  return refused === undefined
    ? failure(dataCodes[code] ?? "GEMEL-2010", module, message, next)
    : failure(refused, module, message);
}
