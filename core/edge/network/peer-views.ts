// SPDX-License-Identifier: Apache-2.0
// What the other node says about its modules, as it arrives: its instants are of its own clock and are moved
// to ours; what does not look like a view is refused as a whole.

import { modulesMax } from "../../base/limits.js";
import { stateNames } from "../../base/vocabulary.js";
import { elapsed, instant, type Instant } from "../../base/units.js";
import type { ModulePicture } from "../../decide/mirror/types.js";

export function arrivedViews(
  value: unknown,
  theirNow: Instant,
  ourNow: Instant,
): readonly ModulePicture[] | undefined {
  if (!Array.isArray(value) || value.length > modulesMax || typeof theirNow !== "number") return undefined;
  const views = value as readonly ModulePicture[];
  if (!views.every(isView)) return undefined;
  return views.map((view) => ({ ...view, since: instant(ourNow - elapsed(view.since, theirNow)) }));
}

function isView(view: ModulePicture): boolean {
  const strings = [view.module, view.generation, view.current, view.mirror, view.copy, view.vm, view.reason];
  const flags = [view.upToDate, view.willing, view.primary, view.lastPrim, view.conflict];
  return (
    strings.every((one) => typeof one === "string") &&
    flags.every((one) => typeof one === "boolean") &&
    stateNames.includes(view.state) &&
    typeof view.session === "number" &&
    typeof view.since === "number"
  );
}
