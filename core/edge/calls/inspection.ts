// SPDX-License-Identifier: Apache-2.0
// What is looked at before something is done: previews, and both copies side by side. What only the other
// node knows is asked for there.

import type { Preview, PreviewQuery } from "../../api/contract.js";
import { momentText } from "../../describe/words/words.js";
import { GemelError } from "../../base/errors.js";
import { moduleId } from "../../base/units.js";
import { keptOf } from "../../decide/mirror/request.js";
import { ifKept, type CopiesFacts, type OwnCopy } from "../../describe/module/copies.js";
import { lastKnownCopy } from "../../describe/module/own-copy.js";
import { previewHere } from "../../describe/status/preview-here.js";
import { timesNow, wallClock } from "../clock.js";
import { askPeer, forward } from "./forward.js";
import type { NodeName } from "../../base/units.js";
import type { ModulePicture, NodeState } from "../../decide/mirror/types.js";
import type { Modules } from "../config/modules.js";
import type { ClusterNetwork } from "../network/cluster-network.js";
import type { Commands } from "./commands.js";
import type { Watch } from "../watch.js";

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

export async function preview(
  running: InspectedRooms,
  module: string,
  query: PreviewQuery,
): Promise<Preview> {
  const { verb, node: named, keep } = query;
  const place = running.commands.placeOf(module, { verb, ...(named !== undefined && { node: named }) });
  if (place !== running.node) {
    const asked = { module, verb, node: place, keep };
    return await forward(running.network, { peer: place }, "GET /modules/:module/preview", asked);
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

export async function copiesFacts(running: InspectedRooms, module: string): Promise<CopiesFacts> {
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
  const asked = askPeer(running.network, running.peerNamed(node), "copy", { module });
  const found = await asked.catch(() => undefined);
  if (found !== undefined) return { ...found, live: true };
  const last = running.state.modules[moduleId(module)]?.peer?.view;
  return { ...lastKnownCopy(node, last), live: false };
}
