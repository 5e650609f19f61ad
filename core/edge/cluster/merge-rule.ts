// SPDX-License-Identifier: Apache-2.0
// R106: which of two versions counts when both nodes have changed a thing while they were cut: settings of
// modules, users, pauses, acknowledgements. A total order, so that both nodes find the same one whatever came
// first. No clock has a say in it.

export interface Version {
  /** Counts up with every change, on whichever node. */
  readonly revision: number;
  /** Who made it, where that is known. */
  readonly node: string;
  /** The value itself decides last: a node restored from a backup counts its revisions twice. */
  readonly text: string;
}

export function isOlder(a: Version, b: Version): boolean {
  if (a.revision !== b.revision) return a.revision < b.revision;
  if (a.node !== b.node) return a.node < b.node;
  return a.text < b.text;
}
