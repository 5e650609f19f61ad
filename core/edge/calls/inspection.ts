// SPDX-License-Identifier: Apache-2.0
// The API's door to what is looked at before something is done: pause and alarms, previews, both copies side
// by side. What only the other node knows is asked for there.

import type { HistoryQuery } from "../../api/door.js";
import type { CertificateView, Copies, HistoryEntry, Preview } from "../../api/contract.js";
import type { PreviewQuery, Inspection } from "../../api/inspection.js";
import { momentText } from "../../describe/words/words.js";
import { GemelError } from "../../base/errors.js";
import { moduleId, seconds } from "../../base/units.js";
import { keptOf } from "../../decide/mirror/request.js";
import { copiesOf, ifKept, type CopiesFacts, type OwnCopy } from "../../describe/module/copies.js";
import { lastKnownCopy } from "../../describe/module/own-copy.js";
import { previewHere } from "../../describe/status/preview-here.js";
import { timesNow, wallClock } from "../clock.js";
import type { NodeName } from "../../base/units.js";
import type { ModulePicture, NodeState } from "../../decide/mirror/types.js";
import type { Modules } from "../config/modules.js";
import type { ClusterNetwork } from "../network/cluster-network.js";
import type { History } from "../record/history.js";
import type { Commands } from "./commands.js";
import { forward } from "./forward.js";
import { copyCall, type Watch } from "../watch.js";

/** What is looked at, of the running node. */
export interface InspectedRooms {
  readonly node: NodeName;
  readonly state: NodeState;
  readonly watch: Watch;
  readonly network: Pick<ClusterNetwork, "call">;
  readonly commands: Pick<Commands, "placeOf">;
  readonly modules: Pick<Modules, "expect">;
  views(): readonly ModulePicture[];
  peerNamed(name: string): NodeName;
}

export interface HistoryRooms {
  readonly node: string;
  readonly history: Pick<History, "read">;
  readonly running: Pick<InspectedRooms, "network" | "peerNamed">;
}

export function inspectionOf(daemon: { readonly running: InspectedRooms }): Inspection {
  return {
    pause: (why, caller) => daemon.running.watch.pause(why, caller.name),
    resume: () => daemon.running.watch.resume(),
    acknowledge: (id, caller) => daemon.running.watch.acknowledge(id, caller.name),
    preview: (module, query) => preview(daemon.running, module, query),
    certificates: (node) => certificates(daemon.running, node),
    copies: async (module): Promise<Copies> => copiesOf(await copiesFacts(daemon.running, module)),
  };
}

async function certificates(running: InspectedRooms, node: string): Promise<readonly CertificateView[]> {
  const { watch, network } = running;
  if (node === running.node) return watch.certificates();
  const path = `/api/v1/certificates?node=${encodeURIComponent(node)}`;
  return await forward(network, running.peerNamed(node), { method: "GET", path });
}

async function preview(running: InspectedRooms, module: string, query: PreviewQuery): Promise<Preview> {
  const { verb, node: named, keep } = query;
  const place = running.commands.placeOf(module, { verb, ...(named !== undefined && { node: named }) });
  if (place !== running.node) {
    const asked = new URLSearchParams({ verb, node: place, ...(keep !== undefined && { keep }) });
    const path = `/api/v1/modules/${module}/preview?${asked.toString()}`;
    return await forward<Preview>(running.network, place, { method: "GET", path });
  }
  if (verb === "resolve") keptOf(module, keep, running.modules.expect(module).nodes);
  const facts = await copiesFacts(running, module);
  return previewNow(running, module, query, (node) => ifKept(facts, node));
}

function previewNow(
  running: InspectedRooms,
  id: string,
  { verb, node, keep }: PreviewQuery,
  lossOf: (node: string) => string,
): Preview {
  const { state, watch } = running;
  const module = state.modules[moduleId(id)];
  const found =
    module === undefined
      ? undefined
      : previewHere(
          {
            state,
            times: timesNow(),
            verb,
            node,
            keep,
            startOf: (one) => watch.took("startMs", id, one),
            stopOf: (one) => watch.took("stopMs", id, one),
            lossOf,
          },
          module,
        );
  if (found === undefined) throw new GemelError("GEMEL-1001", id);
  return found;
}

async function copiesFacts(running: InspectedRooms, module: string): Promise<CopiesFacts> {
  const { nodes } = running.modules.expect(module);
  const found = await Promise.all(
    nodes.map(async (node) =>
      node === running.node
        ? { ...(await running.watch.ownCopy(module)), live: true }
        : await copyThere(running, module, node),
    ),
  );
  const state = running.state.modules[moduleId(module)];
  const view = running.views().find((one) => one.module === module);
  return {
    module,
    conflict: view?.conflict === true || state?.peer?.view.conflict === true,
    copies: found,
    moment: (at) => momentText(at, wallClock()),
  };
}

async function copyThere(
  running: InspectedRooms,
  module: string,
  node: string,
): Promise<OwnCopy & { readonly live: boolean }> {
  const path = `/api/v1/peer/calls/${copyCall}`;
  const peer = running.peerNamed(node);
  const asked = forward<OwnCopy>(running.network, peer, {
    method: "POST",
    path,
    body: { module },
    limit: seconds(10),
  });
  const found = await asked.catch(() => undefined);
  if (found !== undefined) return { ...found, live: true };
  const last = running.state.modules[moduleId(module)]?.peer?.view;
  return { ...lastKnownCopy(node, last), live: false };
}

/** Of this node, or as it stands in the other one's own file. */
export async function readHistory(
  daemon: HistoryRooms,
  query: HistoryQuery,
): Promise<readonly HistoryEntry[]> {
  const { node, ...filter } = query;
  const { from, to } = filter;
  const asked = {
    ...filter,
    ...(from !== undefined && { from: momentOf("from", from) }),
    ...(to !== undefined && { to: momentOf("to", to) }),
  };
  if (node === undefined || node === daemon.node) return daemon.history.read(asked);
  const { running } = daemon;
  const words = Object.entries({ ...asked, node }).map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  const path = `/api/v1/history?${words.join("&")}`;
  return await forward(running.network, running.peerNamed(node), { method: "GET", path });
}

function momentOf(what: string, text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new GemelError("GEMEL-4008", what, `"${text}" is no time: 2026-11-21T03:00:00Z`);
  return at.toISOString();
}
