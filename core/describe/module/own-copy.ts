// SPDX-License-Identifier: Apache-2.0
// A node's copy of a module in the words of the contract, out of what its mirror, its view and its history
// tell. Without a mirror (stopped, or its process gone) sizes and differences are not known.

import { aloneOf, type OwnCopy, type PastDecision } from "./copies.js";
import type { ModulePicture } from "../../decide/mirror/types.js";
import type { MirrorFigures } from "../../../native/index.js";

interface ListedFile {
  readonly bytes: number;
  /** As stat(2) shows it, with its type. */
  readonly mode: number;
  /** When it was last written to, seconds; an older mirror process does not say. */
  readonly modified?: number;
}

const typeMask = 0o170000;
const folderType = 0o040000;

export function ownCopy(
  node: string,
  view: ModulePicture | undefined,
  figures: unknown,
  listed: unknown,
  decisions: readonly PastDecision[],
): OwnCopy {
  const alone = aloneOf(decisions);
  const { dirtyBytes = null } = (figures ?? {}) as Partial<Pick<MirrorFigures, "dirtyBytes">>;
  const all = (listed as { readonly files?: readonly ListedFile[] } | undefined)?.files ?? [];
  const files = all.filter(({ mode }) => (mode & typeMask) !== folderType);
  const written = Math.max(0, ...files.map(({ modified = 0 }) => modified));
  return {
    node,
    state: view?.state ?? "STOP",
    upToDate: view?.upToDate === true,
    generation: view?.generation ?? "",
    session: view?.session ?? 0,
    ...(alone !== undefined && { alone }),
    ...(written > 0 && { lastWrite: new Date(written * 1000).toISOString() }),
    sizeBytes: files.length === 0 ? null : files.reduce((sum, { bytes }) => sum + bytes, 0),
    differingBytes: dirtyBytes,
  };
}

/** Of a node that does not answer: as it was last heard. */
export const lastKnownCopy = (node: string, view: ModulePicture | undefined): OwnCopy => ({
  ...ownCopy(node, view, undefined, undefined, []),
  upToDate: false,
});
