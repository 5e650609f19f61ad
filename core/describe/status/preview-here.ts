// SPDX-License-Identifier: Apache-2.0
// What a command would do on this node, out of what the node knows: the facts of a preview, put together.

import type { Preview } from "../../api/contract.js";
import type { ModuleState, NodeState } from "../../decide/mirror/types.js";
import { viewsOf } from "../../decide/mirror/views.js";
import { previewOf, type PreviewFacts } from "../module/preview.js";
import { describe } from "../module/sentences.js";
import { seenPair } from "./pair.js";
import type { Times } from "./times.js";

export interface PreviewSources extends Pick<
  PreviewFacts,
  "verb" | "keep" | "startOf" | "stopOf" | "lossOf"
> {
  readonly state: NodeState;
  readonly times: Times;
  readonly node: string | undefined;
}

/** Undefined: there is no such module here. */
export function previewHere(sources: PreviewSources, module: ModuleState): Preview | undefined {
  const { state, times, verb, node } = sources;
  const { id, failover, stopHow, niceStop } = module.config;
  const own = describe(state, id, times.now);
  if (own === undefined) return undefined;
  const permission = own.actions[verb];
  const view = viewsOf(state, times.now).find((one) => one.module === id);
  return previewOf({
    ...sources,
    module: id,
    ...seenPair(state, times, module, view),
    both: node === undefined,
    permission: permission.allowed
      ? { allowed: true, why: "" }
      : { allowed: false, why: `${permission.why.message} ${permission.why.next}` },
    inSync: module.mirror.kind === "up" && module.mirror.status.inSync,
    isProtected: own.protected,
    failover,
    isPaused: state.pause !== undefined,
    stopHow,
    niceStop,
  });
}
