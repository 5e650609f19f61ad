// SPDX-License-Identifier: Apache-2.0
// qcow2 images name their backing file inside themselves. When a chain moves, the names inside follow:
// relative ones within one folder, so that the folder can be moved again by hand. Doing it twice changes
// nothing.

import { basename, dirname, relative, resolve } from "node:path";
import type { FileMove, Outcome } from "../../core/ports/hypervisor.js";
import { done } from "../errors.js";
import { readImage, relink } from "./images.js";

interface Moved {
  readonly was: string;
  readonly now: string;
  readonly format?: string;
}

export async function relinkChains(
  moves: readonly FileMove[],
  direction: "moved" | "undone",
): Promise<Outcome<void>> {
  const files: readonly Moved[] = moves.map(({ from, to, format }) => ({
    ...(direction === "moved" ? { was: from, now: to } : { was: to, now: from }),
    ...(format === undefined ? {} : { format }),
  }));
  for (const file of files) {
    if (file.format !== "qcow2") continue;
    const image = await readImage(file.now, file.format);
    if (!image.ok) return image;
    const below = backingOf(file, image.value.backing?.path, files);
    if (below === undefined) continue;
    const name = dirname(below.now) === dirname(file.now) ? basename(below.now) : below.now;
    const linked = await relink(image.value, name, image.value.backing?.format ?? below.format ?? "raw");
    if (!linked.ok) return linked;
  }
  return done(undefined);
}

/** The moved file that this image's backing name meant before the move. */
function backingOf(file: Moved, backing: string | undefined, files: readonly Moved[]): Moved | undefined {
  if (backing === undefined) return undefined;
  const before = resolve(dirname(file.was), relative(dirname(file.now), backing));
  const below = files.find(({ was }) => was === backing) ?? files.find(({ was }) => was === before);
  return below?.now === backing ? undefined : below;
}
