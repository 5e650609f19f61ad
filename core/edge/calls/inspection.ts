// SPDX-License-Identifier: Apache-2.0
// The API's door to what is looked at before something is done: pause and alarms, previews, both copies side
// by side. What only the other node knows is asked for there.

import type { HistoryQuery } from "../../api/door.js";
import type { CertificateView, Copies, HistoryEntry, Preview } from "../../api/contract.js";
import type { PreviewQuery, Inspection } from "../../api/inspection.js";
import { momentText } from "../../describe/words/words.js";
import { GemelError } from "../../base/errors.js";
import { milliseconds, moduleId, seconds, type Milliseconds } from "../../base/units.js";
import { describe } from "../../describe/module/sentences.js";
import { copiesOf, ifKept, type CopiesFacts, type OwnCopy } from "../../describe/module/copies.js";
import { previewOf } from "../../describe/module/preview.js";
import { bootClock, wallClock } from "../clock.js";
import type { Daemon } from "../daemon.js";
import { forward } from "./forward.js";
import type { ClusterNode } from "../cluster-node.js";
import { seenPair } from "../status.js";
import { ownCopy } from "../own-copy.js";
import { copyCall } from "../watch.js";

export function inspectionOf(daemon: Daemon): Inspection {
  return {
    pause: (why, caller) => daemon.running.watch.pause(why, caller.name),
    resume: () => daemon.running.watch.resume(),
    acknowledge: (id, caller) => daemon.running.watch.acknowledge(id, caller.name),
    preview: (module, query) => preview(daemon.running, module, query),
    certificates: (node) => certificates(daemon.running, node),
    copies: async (module): Promise<Copies> => copiesOf(await copiesFacts(daemon.running, module)),
  };
}

async function certificates(running: ClusterNode, node: string): Promise<readonly CertificateView[]> {
  const { watch, membership } = running;
  if (node === running.node) return watch.certificates();
  const path = `/api/v1/certificates?node=${encodeURIComponent(node)}`;
  return await forward(membership, running.peerNamed(node), { method: "GET", path });
}

async function preview(running: ClusterNode, module: string, query: PreviewQuery): Promise<Preview> {
  const { verb, node: named, keep } = query;
  const place = running.commands.placeOf(module, { verb, ...(named !== undefined && { node: named }) });
  if (place !== running.node) {
    const asked = new URLSearchParams({ verb, node: place, ...(keep !== undefined && { keep }) });
    const path = `/api/v1/modules/${module}/preview?${asked.toString()}`;
    return await forward<Preview>(running.membership, place, { method: "GET", path });
  }
  if (verb === "resolve") expectNode(running, module, keep);
  const facts = await copiesFacts(running, module);
  return previewHere(running, module, query, (node) => ifKept(facts, node));
}

function expectNode(running: ClusterNode, module: string, keep: string | undefined): void {
  if (keep === undefined)
    throw new GemelError("GEMEL-4008", module, "resolve needs keep: the node whose copy goes on.");
  if (!running.modules.expect(module).nodes.some((node) => node === keep))
    throw new GemelError("GEMEL-4012", keep);
}

function previewHere(
  running: ClusterNode,
  module: string,
  { verb, node, keep }: PreviewQuery,
  lossOf: (node: string) => string,
): Preview {
  const { state, watch } = running;
  const id = moduleId(module);
  const now = bootClock();
  const found = state.modules[id];
  const own = describe(state, id, now);
  if (found === undefined || own === undefined) throw new GemelError("GEMEL-1001", module);
  const permission = own.actions[verb];
  const mirror = found.mirror.kind === "up" ? found.mirror.status : undefined;
  const view = running.views().find((one) => one.module === id);
  return previewOf({
    module,
    verb,
    ...seenPair({ state, now }, found, view),
    both: node === undefined,
    keep,
    permission: permission.allowed
      ? { allowed: true, why: "" }
      : { allowed: false, why: `${permission.why.message} ${permission.why.next}` },
    inSync: mirror?.inSync === true,
    isProtected: own.protected,
    failover: found.config.failover,
    isPaused: state.pause !== undefined,
    niceStop: found.config.niceStop,
    startOf: (one) => watch.startOf(module, one),
    stopOf: (one) => stopOf(running, module, one),
    lossOf,
  });
}

function stopOf({ watch, modules }: ClusterNode, module: string, node: string): Milliseconds | undefined {
  const other = modules.expect(module).nodes.find((one) => one !== node) ?? node;
  const found = watch.measured(module, node).stopMs ?? watch.measured(module, other).stopMs;
  return found === undefined ? undefined : milliseconds(found);
}

async function copiesFacts(running: ClusterNode, module: string): Promise<CopiesFacts> {
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
  running: ClusterNode,
  module: string,
  node: string,
): Promise<OwnCopy & { readonly live: boolean }> {
  const path = `/api/v1/peer/calls/${copyCall}`;
  const peer = running.peerNamed(node);
  const asked = forward<OwnCopy>(running.membership, peer, {
    method: "POST",
    path,
    body: { module },
    limit: seconds(10),
  });
  const found = await asked.catch(() => undefined);
  if (found !== undefined) return { ...found, live: true };
  const last = running.state.modules[moduleId(module)]?.peer?.view;
  return { ...ownCopy(node, last, undefined, undefined, []), upToDate: false, live: false };
}

/** Of this node, or as it stands in the other one's own file. */
export async function readHistory(daemon: Daemon, query: HistoryQuery): Promise<readonly HistoryEntry[]> {
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
  return await forward(running.membership, running.peerNamed(node), { method: "GET", path });
}

function momentOf(what: string, text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new GemelError("GEMEL-4008", what, `"${text}" is no time: 2026-11-21T03:00:00Z`);
  return at.toISOString();
}
