// SPDX-License-Identifier: Apache-2.0
// What is looked at before something is done: previews, and both copies side by side. What only the other
// node knows is asked for there.

import type { Preview, PreviewQuery } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { decisionsReadMax } from "../../base/limits/edge.js";
import { moduleId, seconds } from "../../base/units.js";
import { keptOf } from "../../decide/mirror/request.js";
import { ifKept, type CopiesFacts, type OwnCopy } from "../../describe/module/copies.js";
import { measuredOn } from "../../describe/module/measures.js";
import { lastKnownCopy, ownCopy } from "../../describe/module/own-copy.js";
import { previewHere } from "../../describe/status/preview-here.js";
import { momentText } from "../../describe/words/words.js";
import type { LookedAt } from "../port.js";
import { askPeer, forward } from "./forward.js";
import { networkOf, peerOf, placeIn, settingsOf, type AskedDaemon } from "./rooms.js";

export async function preview(daemon: AskedDaemon, id: string, query: PreviewQuery): Promise<Preview> {
  const { verb, node, keep } = query;
  const place = await placeIn(daemon, id, { verb, ...(node !== undefined && { node }) });
  if (place !== daemon.node) {
    const asked = { module: id, verb, node: place, keep };
    return await forward(networkOf(daemon), { peer: place }, "GET /modules/:module/preview", asked);
  }
  const { nodes } = settingsOf(daemon, id);
  if (verb === "resolve") keptOf(id, keep, nodes);
  const seen = await daemon.ask("look", id);
  const facts = await copiesFacts(daemon, id, seen);
  const { state, times, measures } = seen;
  const module = state.modules[moduleId(id)];
  if (module === undefined) throw new GemelError("GEMEL-1001", id);
  const of = (one: string): LookedAt["measures"][string] => measures[one] ?? {};
  const sources = {
    state,
    times,
    verb,
    node,
    keep,
    startOf: (one: string) => measuredOn("startMs", nodes, one, of),
    stopOf: (one: string) => measuredOn("stopMs", nodes, one, of),
    lossOf: (one: string) => ifKept(facts, one),
  };
  const found = previewHere(sources, module);
  if (found === undefined) throw new GemelError("GEMEL-1001", id);
  return found;
}

export async function copiesFacts(
  daemon: AskedDaemon,
  module: string,
  { state, view }: LookedAt,
): Promise<CopiesFacts> {
  const last = state.modules[moduleId(module)]?.peer?.view;
  const copyOf = async (node: string): Promise<OwnCopy & { readonly live: boolean }> => {
    if (node === daemon.node) return { ...(await ownCopyOf(daemon, module)), live: true };
    const asked = askPeer(networkOf(daemon), peerOf(daemon, node), "copy", { module });
    const found = await asked.catch(() => undefined);
    return found === undefined ? { ...lastKnownCopy(node, last), live: false } : { ...found, live: true };
  };
  return {
    module,
    conflict: view?.conflict === true || last?.conflict === true,
    copies: await Promise.all(settingsOf(daemon, module).nodes.map(copyOf)),
    moment: (at) => momentText(at, daemon.wallClock()),
  };
}

/** This node's copy of a module, as far as can be told from here. */
export async function ownCopyOf(daemon: AskedDaemon, module: string): Promise<OwnCopy> {
  const { view, mirror } = await daemon.ask("look", module);
  const ask = async (what: "figures" | "list-files"): Promise<unknown> =>
    mirror === undefined
      ? undefined
      : await daemon.ask("mirror", module, { do: what }, seconds(5)).catch(() => undefined);
  const [figures, files] = await Promise.all([ask("figures"), ask("list-files")]);
  const decisions = daemon.history.read({ module, kind: "decision", limit: decisionsReadMax }).reverse();
  return ownCopy(daemon.node, view, figures, files, decisions);
}
