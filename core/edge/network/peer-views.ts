// SPDX-License-Identifier: Apache-2.0
// What the other node says about its modules, as it arrives: its instants are of its own clock and are moved
// to ours; what does not look like a view is refused as a whole, with the reason.

import { modulesMax } from "../../base/limits.js";
import {
  count,
  flag,
  list,
  name,
  oneOf,
  optional,
  parse,
  quantity,
  objectOf,
  text,
  type Parsed,
  type Shape,
} from "../../base/shape.js";
import { elapsed, instant, type Instant, type ModuleId, type NodeName } from "../../base/units.js";
import { stateNames } from "../../base/vocabulary.js";
import type { ModulePicture } from "../../decide/mirror/types.js";

/** A word of a newer node is shown as it came; what is decided upon are state, flags and generation. */
const anyWord = <T extends string>(): Shape<T> => name<T>();

const view = objectOf<ModulePicture>({
  module: name<ModuleId>(),
  state: oneOf(...stateNames),
  stability: oneOf("NotReady", "Transient", "Ready"),
  upToDate: flag,
  generation: text,
  session: count,
  current: anyWord(),
  mirror: anyWord(),
  copy: anyWord(),
  vm: anyWord(),
  willing: flag,
  primary: flag,
  lastPrim: flag,
  conflict: flag,
  keeps: optional(name<NodeName>()),
  reason: anyWord(),
  since: quantity<Instant>(),
});
const views = list(view, modulesMax);

export function arrivedViews(
  value: unknown,
  theirNow: unknown,
  ourNow: Instant,
): Parsed<readonly ModulePicture[]> {
  const now = parse(quantity<Instant>(), theirNow, "now");
  if (!now.ok) return now;
  const found = parse(views, value, "views");
  if (!found.ok) return found;
  const moved = found.value.map((one) => ({
    ...one,
    since: instant(ourNow - elapsed(one.since, now.value)),
  }));
  return { ok: true, value: moved };
}
