// SPDX-License-Identifier: Apache-2.0
// One node's newest entries of a module: what it answered, and what the stream has told since.

import { useMemo } from "react";
import type { Asking, HistoryEntry } from "../../../core/api/contract.js";
import type { ApiFailure } from "../../api.js";
import { useAnswer } from "../../asking.js";
import { useHistoryTail } from "../../live/live.js";

export interface NodeHistory {
  readonly node: string;
  readonly entries: readonly HistoryEntry[];
  /** Older entries were not asked for. */
  readonly heldFrom?: number;
  readonly failure: ApiFailure | null;
}

const entriesMax = 400;
/** The other node's entries do not come with this node's stream. */
const everyMs = 15_000;

export function useNodeHistory(module: string, node: string | null): NodeHistory {
  const asking: Asking<"GET /history"> | null = node === null ? null : [{ module, node, limit: entriesMax }];
  const { data, error } = useAnswer("GET /history", asking, { everyMs });
  const tail = useHistoryTail();
  return useMemo(() => {
    const asked = data ?? [];
    const known = new Set(asked.map(({ id }) => id));
    const told = tail.filter(
      (entry) => entry.node === node && entry.module === module && !known.has(entry.id),
    );
    const oldest = asked.length === entriesMax ? asked.at(-1) : undefined;
    return {
      node: node ?? "",
      entries: [...told, ...asked],
      failure: error,
      ...(oldest !== undefined && { heldFrom: Date.parse(oldest.at) }),
    };
  }, [data, error, tail, node, module]);
}
