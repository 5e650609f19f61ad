// SPDX-License-Identifier: Apache-2.0
// What two mirror processes do with each other: losing, meeting, filling, writing. One object per module.

import { stallLimit } from "../../base/limits.js";
import { direction, type Direction } from "./copy.js";
import type { FakeMirror, LinkState } from "./fake-mirror.js";

/** From two open links to a handshake. */
const dialMs = 200;
/** Two copies that differ nowhere have found that out. */
const compareMs = 300;

export interface LinkPath {
  /** A way exists in both directions. */
  readonly isOpen: boolean;
}

/** How long a reintegration takes, in fake milliseconds. */
export interface Pace {
  fillMs: number;
}

export class FakeLink {
  /** Since when the way has been closed while the two were still paired. */
  private silentSince: number | undefined;
  /** Since when both would talk and can. */
  private diallingSince: number | undefined;

  constructor(
    private readonly now: () => number,
    private readonly pace: Pace,
  ) {}

  /** Once per step of the world. */
  step(a: FakeMirror | undefined, b: FakeMirror | undefined, path: LinkPath): void {
    for (const mirror of [a, b]) if (mirror?.isAlive === true) mirror.watchDeadline();
    this.lose(a, b, path);
    if (a === undefined || b === undefined || !path.isOpen || !wantsLink(a) || !wantsLink(b)) {
      this.diallingSince = undefined;
    } else if (a.link.kind === "paired" && b.link.kind === "paired") this.goOn(a, b);
    else this.dial(a, b);
  }

  private dial(a: FakeMirror, b: FakeMirror): void {
    this.diallingSince ??= this.now();
    if (this.now() - this.diallingSince < dialMs) return;
    this.diallingSince = undefined;
    this.meet(a, b);
  }

  private lose(a: FakeMirror | undefined, b: FakeMirror | undefined, path: LinkPath): void {
    const pairs = [
      [a, b],
      [b, a],
    ] as const;
    const wasPaired = pairs.some(([one]) => one?.isAlive === true && one.link.kind === "paired");
    if (!wasPaired) {
      this.silentSince = undefined;
      return;
    }
    const bothThere = pairs.every(([one]) => one?.isAlive === true && one.link.kind === "paired");
    if (bothThere && path.isOpen) {
      this.silentSince = undefined;
      return;
    }
    // A process that closed is seen at once when there is a way; otherwise only silence tells.
    this.silentSince ??= this.now();
    const quiet = path.isOpen ? 0 : this.now() - this.silentSince;
    if (!path.isOpen && quiet < stallLimit) return;
    for (const [one] of pairs) if (one?.isAlive === true && one.link.kind === "paired") lost(one, quiet);
    this.silentSince = undefined;
  }

  private meet(a: FakeMirror, b: FakeMirror): void {
    for (const one of [a, b]) one.hasMet = true;
    const elected = a.copy.wasPrimary || !b.copy.wasPrimary;
    const side = (mirror: FakeMirror, isElected: boolean): Parameters<typeof direction>[0][0] => ({
      copy: mirror.copy,
      isPrimary: mirror.role === "primary",
      isFrozen: mirror.freeze !== undefined,
      unbroken: mirror.unbroken,
      isElected,
    });
    const found = direction([side(a, elected), side(b, !elected)]);
    this.pair(found, a, b);
  }

  private pair(found: Direction, a: FakeMirror, b: FakeMirror): void {
    if (found.kind === "resume") {
      for (const one of [a, b]) {
        one.link = { kind: "paired" };
        one.inSync = true;
        one.thaw();
      }
    } else if (found.kind === "fill") {
      const [source, target] = found.source === 0 ? [a, b] : [b, a];
      this.startFill(source, target, found.isEqual);
    } else if (found.kind === "denied") {
      const [killed, other] = found.side === 0 ? [a, b] : [b, a];
      killed.link = { kind: "refused", outcome: "denied" };
      other.link = { kind: "down", reason: "the other side is denied", quietMs: 0 };
    } else {
      const link: LinkState = { kind: "refused", outcome: found.kind };
      a.link = link;
      b.link = link;
    }
  }

  private startFill(source: FakeMirror, target: FakeMirror, isEqual: boolean): void {
    const session = Math.max(source.copy.session, target.copy.session) + 1;
    for (const one of [source, target]) {
      one.copy.session = session;
      one.link = { kind: "paired" };
      one.unbroken = undefined;
      one.inSync = false;
      one.hadHandshake = true;
      one.copy.kept = false;
      one.copy.yields = false;
    }
    source.isTarget = false;
    target.isTarget = true;
    target.copy.wasPrimary = false;
    if (!isEqual) target.copy.state = "inconsistent";
    target.filledAt = this.now() + (isEqual ? compareMs : this.pace.fillMs);
    // The running side was frozen by the loss: its peer is back, and it is the source.
    source.thaw();
  }

  private goOn(a: FakeMirror, b: FakeMirror): void {
    const target = a.isTarget ? a : b.isTarget ? b : undefined;
    if (target?.filledAt === undefined || this.now() < target.filledAt) return;
    const source = target === a ? b : a;
    // R10: the source's right to run alone ends, then the target is up to date.
    source.copy.right = "paired";
    Object.assign(target.copy, {
      state: "consistent",
      generation: source.copy.generation,
      history: [...source.copy.history],
      records: new Set(source.copy.records),
      right: "paired",
    });
    target.isTarget = false;
    target.filledAt = undefined;
    for (const one of [a, b]) {
      one.inSync = true;
      one.unbroken = one.copy.session;
    }
  }
}

const wantsLink = ({ isAlive, isLinkWanted, copy }: FakeMirror): boolean =>
  isAlive && isLinkWanted && copy.isThere;

function lost(mirror: FakeMirror, quiet: number): void {
  const wasInSync = mirror.inSync;
  mirror.dropLink("the peer does not answer", quiet);
  if (!wasInSync) {
    mirror.unbroken = undefined;
    if (mirror.role === "primary" && mirror.copy.right === "paired") mirror.copy.right = "alone";
    return;
  }
  mirror.unbroken = mirror.copy.session;
  mirror.freezeNow("link-lost");
}

/** One record of the guest: true when it may be acknowledged. */
export function write(primary: FakeMirror, peer: FakeMirror | undefined, record: number): boolean {
  if (!primary.acceptsWrites()) return false;
  if (primary.inSync) {
    const isReached = peer?.isAlive === true && peer.link.kind === "paired" && peer.inSync;
    if (!isReached) return false;
    peer.copy.records.add(record);
  }
  primary.copy.records.add(record);
  return true;
}
