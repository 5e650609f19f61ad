// SPDX-License-Identifier: Apache-2.0
// What a person asks of a module: given to the middle of the node where it belongs, refused or accepted
// there; and what it would do, and what each copy holds, before it is given.

import type {
  CommandReply,
  CommandRequest,
  Copies,
  CopyView,
  PauseRequest,
  Preview,
} from "../../../core/api/contract.js";
import { moduleId, wallTime, type NodeName } from "../../../core/base/units.js";
import { moduleVerbs, type ModuleVerb } from "../../../core/base/vocabulary.js";
import { commandOf, keptOf, placeOf, type Request } from "../../../core/decide/mirror/request.js";
import { copiesOf, ifKept, type CopiesFacts } from "../../../core/describe/module/copies.js";
import { lastKnownCopy, ownCopy } from "../../../core/describe/module/own-copy.js";
import { previewHere } from "../../../core/describe/status/preview-here.js";
import { momentText } from "../../../core/describe/words/words.js";
import { Refusal, refuse } from "../world/refusal.js";
import { GiB, type Caller, type ModuleScene } from "../world/scenery.js";
import { took } from "../world/status.js";
import type { World } from "../world/world.js";
import { runnerOf } from "./figures.js";

export async function carryOut(
  world: World,
  self: string,
  id: string,
  request: CommandRequest,
  { user }: Caller,
): Promise<CommandReply> {
  const { settings } = world.module(id);
  const node = placeIn(world, self, id, request);
  const answer = await world.command(node, user, commandOf(id, request, settings.nodes));
  if (!answer.ok) throw new Refusal(409, answer.failure);
  return { node, sentence: answer.sentence, until: answer.until };
}

function placeIn(world: World, self: string, id: string, request: Request): NodeName {
  const { name } = world.cluster.host(self);
  const peer = world.state(self).modules[moduleId(id)]?.peer?.view;
  const place = placeOf({ self: name, nodes: world.module(id).settings.nodes, peer }, request, world.nodes);
  if (!world.cluster.host(place).isDaemonUp) throw refuse("GEMEL-1009", place);
  return place;
}

export async function pause(
  world: World,
  { why }: PauseRequest,
  { user }: Caller,
): Promise<{ readonly sentence: string }> {
  await world.setPause({ since: wallTime(world.wall()), by: user, why: why.trim() });
  return { sentence: "Automatic failover is paused." };
}

export async function resume(world: World): Promise<{ readonly sentence: string }> {
  await world.setPause(undefined);
  return { sentence: "Automatic failover works again." };
}

export interface PreviewQuery {
  readonly verb?: string;
  readonly node?: string;
  readonly keep?: string;
}

const isVerb = (text: string): text is ModuleVerb => moduleVerbs.some((verb) => verb === text);

export function previewOf(
  world: World,
  self: string,
  scene: ModuleScene,
  { verb = "", node, keep }: PreviewQuery,
): Preview {
  if (!isVerb(verb)) throw refuse("GEMEL-4008", "verb", `It is one of ${moduleVerbs.join(", ")}.`);
  const { id, settings } = scene;
  const place = placeIn(world, self, id, { verb, ...(node !== undefined && { node }) });
  if (verb === "resolve") keptOf(id, keep, settings.nodes);
  const state = world.state(place);
  const module = state.modules[moduleId(id)];
  const facts = copiesFacts(world, place, scene);
  const sources = {
    state,
    times: world.times,
    verb,
    node,
    keep,
    startOf: (one: string) => took(world, "startMs", id, one),
    stopOf: (one: string) => took(world, "stopMs", id, one),
    lossOf: (one: string) => ifKept(facts, one),
  };
  const found = module === undefined ? undefined : previewHere(sources, module);
  if (found === undefined) throw refuse("GEMEL-1001", id);
  return found;
}

export const bothCopies = (world: World, self: string, module: ModuleScene): Copies =>
  copiesOf(copiesFacts(world, self, module));

function copiesFacts(world: World, self: string, module: ModuleScene): CopiesFacts {
  const { id, settings } = module;
  const state = world.state(self).modules[moduleId(id)];
  const view = world.views(self).find((one) => one.module === id);
  return {
    module: id,
    conflict: view?.conflict === true || state?.peer?.view.conflict === true,
    copies: settings.nodes.map((node) =>
      world.cluster.host(node).isDaemonUp
        ? { ...copyHere(world, node, module), live: true }
        : { ...lastKnownCopy(node, state?.peer?.view), live: false },
    ),
    moment: (at) => momentText(at, world.wall()),
  };
}

const regularFile = 0o100600;

/** Files and differences are scenery; what the node decided and says is its own. */
function copyHere(world: World, node: string, module: ModuleScene): Omit<CopyView, "live" | "ifKept"> {
  const view = world.views(node).find((one) => one.module === module.id);
  const isThere = world.cluster.host(node).mirrors.has(moduleId(module.id));
  const runs = runnerOf(world, module) === node;
  const modified = Math.round(world.wallMs / 1000) - (runs ? 0 : 240);
  const files = [{ bytes: module.size.allocated, mode: regularFile, modified }];
  const dirtyBytes = view?.conflict === true ? (node < "b" ? 1.4 : 0.3) * GiB : 0;
  const decisions = world
    .historyOf(node)
    .filter((one) => one.module === module.id && one.kind === "decision");
  return ownCopy(
    node,
    view,
    isThere ? { dirtyBytes } : undefined,
    isThere ? { files } : undefined,
    decisions,
  );
}
