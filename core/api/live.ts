// SPDX-License-Identifier: Apache-2.0
// The live stream's memory: the last events, so that a reader that was away goes on where it stopped
// (Last-Event-ID). A reader whose place is no longer kept gets the present status, which says everything
// anyway (level-triggered). What is of this moment alone (figures) has no number and is not kept: it would
// push out what must not be missed.

import type { LiveEvent } from "./contract.js";
import { liveEventsKeptMax } from "../base/limits/access.js";

/** Without a number: of this moment, not kept. */
export type LiveListener = (id: number | undefined, event: LiveEvent) => void;

export class LiveStream {
  private readonly kept: { readonly id: number; readonly event: LiveEvent }[] = [];
  private readonly listeners = new Set<LiveListener>();
  private next = 1;

  publish(event: LiveEvent): void {
    const id = this.next++;
    this.kept.push({ id, event });
    if (this.kept.length > liveEventsKeptMax) this.kept.shift();
    for (const listener of this.listeners) listener(id, event);
  }

  get isWatched(): boolean {
    return this.listeners.size > 0;
  }

  pass(event: LiveEvent): void {
    for (const listener of this.listeners) listener(undefined, event);
  }

  /** Missed events first, or `present` when they are unknown; then whatever comes. */
  subscribe(lastId: number | undefined, present: () => LiveEvent, listener: LiveListener): () => void {
    const oldest = this.kept[0]?.id ?? this.next;
    if (lastId === undefined || lastId < oldest - 1 || lastId >= this.next)
      listener(this.next - 1, present());
    else for (const { id, event } of this.kept) if (id > lastId) listener(id, event);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
