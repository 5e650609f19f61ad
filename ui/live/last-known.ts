// SPDX-License-Identifier: Apache-2.0
// The last status that this tab has seen, kept over a reload: a person who loads the page again because
// nothing moves must not lose what was known. Only in this tab, and gone with it.

import type { Status } from "../../core/api/contract.js";

const key = "gemel-last-status";

interface Kept {
  readonly heardAt: string;
  readonly status: Status;
}

/** Statuses come every second; writing them all would only heat the browser. */
const everyMs = 10_000;
let rememberedAt = -Infinity;

export function remember(status: Status): void {
  if (performance.now() - rememberedAt < everyMs) return;
  rememberedAt = performance.now();
  const kept: Kept = { heardAt: status.at, status };
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing: then a reload begins with nothing.
  }
}

export function recall(): Kept | undefined {
  try {
    const text = sessionStorage.getItem(key);
    const kept = text === null ? undefined : (JSON.parse(text) as Kept);
    return kept?.status.format === 1 ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** The person has left: the next one at this browser shall not read it. */
export function forget(): void {
  sessionStorage.removeItem(key);
}
