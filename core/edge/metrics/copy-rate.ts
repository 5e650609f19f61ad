// SPDX-License-Identifier: Apache-2.0
// How fast this node's last long copy went, so that the next first copy can be announced with a time. Kept
// over restarts; nothing rests on it, so it is not flushed and its loss is no trouble.

import { durableText, readDurable } from "../record/durable-file.js";
import { KeptFile } from "../record/kept-file.js";
import type { MirrorStatus } from "../../../native/index.js";
import { copyRateBytesMin } from "../../base/limits/edge.js";

const format = 1;
/** Once it changes by more than this part it is written. */
const newsPart = 0.1;

export class CopyRate {
  private known: number | null;
  private written: number | null;
  private readonly kept: KeptFile;

  constructor(file: string, lost: (why: string) => void) {
    this.kept = new KeptFile(file, lost);
    const found = readDurable(file, format);
    const rate = found.kind === "value" ? (found.value as { readonly bytesPerSecond?: unknown }) : {};
    this.known = typeof rate.bytesPerSecond === "number" ? rate.bytesPerSecond : null;
    this.written = this.known;
  }

  /** Null: nothing was ever copied from here. */
  get bytesPerSecond(): number | null {
    return this.known;
  }

  /**
   * Of what crosses the wire. A copy that mostly compares says nothing about that: it counts only while it
   * has sent at least half of what is done.
   */
  see({ resync }: MirrorStatus): void {
    if (resync === undefined || resync.kind === "verify" || resync.direction !== "source") return;
    const { bytesDone, bytesSent, bytesPerSecond } = resync;
    if (bytesPerSecond <= 0 || bytesSent < copyRateBytesMin || bytesSent * 2 < bytesDone) return;
    this.known = Math.round((bytesSent / bytesDone) * bytesPerSecond);
    if (this.written !== null && Math.abs(this.known - this.written) < this.written * newsPart) return;
    this.written = this.known;
    void this.kept.write(durableText(format, { bytesPerSecond: this.known }));
  }
}
