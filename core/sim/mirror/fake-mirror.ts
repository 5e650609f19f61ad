// SPDX-License-Identifier: Apache-2.0
// A mirror process on fake time: the commands and the status of native/index.ts over a Copy, without any
// I/O. What it does with its peer is in fake-link.ts.

import { freezeDeadlineWithoutLease, stallLimit, turnGapMax } from "../../base/limits.js";
import type { Currency, FreezeId, MirrorCommand, MirrorOrder, MirrorStatus } from "../../../native/index.js";
import type { Copy } from "./copy.js";

export type LinkState =
  | { kind: "off" }
  | { kind: "down"; reason: string; quietMs: number }
  | { kind: "paired" }
  | { kind: "refused"; outcome: "conflict" | "unrelated" | "unknown" | "refuse" | "denied" };

export type CommandResult = { ok: true } | { ok: false; code: string; message: string };

/** The VM on this host. The engine pauses and ends what it was told to watch, and nothing else. */
export interface Guest {
  on: boolean;
  paused: boolean;
  readonly process?: string;
}

const failed = (message: string): CommandResult => ({ ok: false, code: "GEMEL-2010", message });

/** 16 hexadecimal digits (FNV-1a, twice) of where and when it began: the same run has the same ones. */
export function newGeneration(begun: string): string {
  const half = (seed: number): string => {
    let value = seed;
    for (const letter of begun) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, "0");
  };
  return half(0x811c9dc5) + half(0x7feb352d);
}

export class FakeMirror {
  role: "primary" | "secondary" = "secondary";
  link: LinkState = { kind: "off" };
  isLinkWanted = false;
  inSync = false;
  isAlive = true;
  freeze:
    | (FreezeId & { reason: "link-lost" | "stalled" | "host-slept"; since: number; paused: boolean })
    | undefined;
  /** The session in sync until its loss, seen by this very process. */
  unbroken: number | undefined;
  hadHandshake = false;
  /** This process has seen the other copy, whatever came of it. */
  hasMet = false;
  isTarget = false;
  filledAt: number | undefined;
  diskFull = false;
  /** Since when it lives and does nothing at all (SIGSTOP, a kernel that holds it). */
  private hungSince: number | undefined;
  /** When that was decided which it carries out now. */
  decidedAt = 0;
  /** Held by the kernel (D): not even a SIGKILL ends it before it is let go. */
  isStuck = false;
  private ends: (() => void) | undefined;
  /** Some process has a file open below the mount, and keeps it open. */
  isHeldOpen = false;
  /** The process that it was told to watch (attach-guest). */
  private watched: string | undefined;
  /** It has paused, resumed or ended the guest. */
  onGuest: () => void = () => undefined;
  /** Before a copy goes ahead alone: the simulator looks whether it may. */
  onRight: (mirror: FakeMirror, basis: Copy["basis"] | "fence") => void = () => undefined;

  constructor(
    readonly node: string,
    readonly peerNode: string,
    readonly module: string,
    readonly copy: Copy,
    readonly guest: Guest,
    readonly now: () => number,
  ) {
    if (!copy.isThere) this.link = { kind: "off" };
  }

  status(): MirrorStatus {
    const { copy, freeze, link } = this;
    return {
      module: this.module,
      node: this.node,
      pid: 1,
      process: "p",
      role: this.role,
      mounted: true,
      copy: copy.isThere ? copy.state : "absent",
      ...(!copy.isThere && {
        dataProblem: { code: "GEMEL-2001", message: "the volume is not mounted", next: "mount it" },
      }),
      generation: copy.generation,
      history: copy.history,
      session: copy.session,
      right: copy.right,
      current: this.current(),
      link:
        link.kind === "paired"
          ? { kind: "paired", row: "a", peerUpToDate: this.inSync }
          : link.kind === "refused"
            ? { kind: "refused", row: "z", outcome: link.outcome, message: link.outcome }
            : link,
      inSync: this.inSync,
      ...(freeze !== undefined && {
        freeze: {
          session: freeze.session,
          counter: freeze.counter,
          reason: freeze.reason,
          ageMs: this.now() - freeze.since,
          guestPaused: freeze.paused,
        },
      }),
      guest: this.isWatching ? (this.guest.paused ? "paused" : "running") : "none",
      openForWriting: this.guest.on ? 1 : 0,
      ...(this.diskFull && { diskFull: { neededBytes: 4096 } }),
      fileSystem: `fs-${this.node}`,
      bytesUsed: 0,
      bytesFree: 1,
    };
  }

  /** The same as long as nothing has happened that it would tell its daemon at once. */
  mark(): string {
    const { role, link, inSync, freeze, copy, diskFull, isWatching, guest } = this;
    const refusal = link.kind === "refused" ? link.outcome : "";
    const stands = `${String(freeze?.counter)}${String(freeze?.paused)}${String(isWatching && guest.paused)}`;
    return `${role} ${link.kind}${refusal} ${String(inSync)} ${stands} ${copy.state} ${String(diskFull)}`;
  }

  private current(): Currency {
    const { copy } = this;
    if (!copy.isThere || copy.state !== "consistent") return { kind: "none", why: "not whole" };
    if (copy.right === "outdated" || copy.right === "gave-up") return { kind: "none", why: copy.right };
    if (this.isTarget) return { kind: "none", why: "being filled" };
    if (copy.right === "alone") return { kind: "record", basis: copy.basis };
    if (this.inSync) return { kind: "handshake" };
    if (this.unbroken === copy.session) return { kind: "session", session: copy.session };
    if (this.hadHandshake) return { kind: "handshake" };
    return { kind: "none", why: "restarted since it was in sync" };
  }

  private get isWatching(): boolean {
    return this.guest.on && this.watched === (this.guest.process ?? "");
  }

  /** May the guest's write be answered now? */
  acceptsWrites(): boolean {
    return (
      this.isAlive && !this.isHung && this.role === "primary" && this.freeze === undefined && !this.diskFull
    );
  }

  freezeNow(reason: "link-lost" | "stalled" | "host-slept"): void {
    if (this.role !== "primary" || this.freeze !== undefined) return;
    this.copy.freezeCounter += 1;
    const { session, freezeCounter } = this.copy;
    this.freeze = { session, counter: freezeCounter, reason, since: this.now(), paused: false };
  }

  thaw(): void {
    if (this.freeze?.paused === true && this.guest.paused) {
      this.guest.paused = false;
      this.onGuest();
    }
    this.freeze = undefined;
  }

  private pauseGuest(): void {
    if (!this.isWatching) return;
    this.guest.paused = true;
    this.onGuest();
  }

  get isHung(): boolean {
    return this.hungSince !== undefined;
  }

  hang(isStuck = false): void {
    this.hungSince ??= this.now();
    this.isStuck ||= isStuck;
  }

  /** Killed while the kernel holds it: it ends when that lets it go. */
  doom(ends: () => void): void {
    this.ends = ends;
  }

  get isDoomed(): boolean {
    return this.ends !== undefined;
  }

  /** Its SIGKILL has waited: it does nothing any more. */
  private letGo(): void {
    this.isStuck = false;
    this.hungSince = undefined;
    this.die("killed");
    this.ends?.();
  }

  wake(): void {
    if (this.isDoomed) return this.letGo();
    this.isStuck = false;
    const since = this.hungSince;
    this.hungSince = undefined;
    if (since !== undefined && this.now() - since > stallLimit) this.findsItSlept();
  }

  /** Its host was frozen for longer than the link allows (R16). */
  findsItSlept(): void {
    if (!this.isAlive) return;
    const wasInSync = this.inSync;
    if (this.link.kind === "paired") this.dropLink("the host slept");
    this.unbroken = undefined;
    if (this.role === "primary" && wasInSync) this.freezeNow("host-slept");
  }

  /** R15, R16: the engine's own deadline. */
  watchDeadline(): void {
    const { freeze } = this;
    if (freeze === undefined || freeze.paused || this.now() - freeze.since < freezeDeadlineWithoutLease)
      return;
    freeze.paused = true;
    this.pauseGuest();
  }

  do(command: MirrorOrder): CommandResult {
    if (!this.isAlive) return { ok: false, code: "GEMEL-2004", message: "the mirror process is dead" };
    const { until = this.now() + turnGapMax } = command;
    if (this.now() > until) return failed("the order came too late");
    this.decidedAt = until - turnGapMax;
    switch (command.do) {
      case "link":
        this.isLinkWanted = command.on;
        this.dropLink(command.on ? "opened again" : "closed");
        return { ok: true };
      case "attach-guest":
        this.watched = this.guest.process ?? "";
        if (this.freeze?.paused === true) this.pauseGuest();
        return { ok: true };
      case "detach-guest":
        this.watched = undefined;
        return { ok: true };
      case "initialise":
        return this.initialise(command.as);
      case "promote":
        return this.promote(command.alone?.basis);
      case "demote":
        if (this.freeze !== undefined) return failed("answer the freeze first");
        if (this.guest.on || this.isHeldOpen) return failed("a writer is left");
        this.role = "secondary";
        return { ok: true };
      case "grant":
        return this.grant(command.freeze, command.basis);
      case "deny":
        return this.deny(command.freeze);
      case "word":
        return this.word();
      case "give-up":
        if (this.guest.on || this.isHeldOpen) return failed("a writer is left");
        this.copy.right = "gave-up";
        this.isLinkWanted = false;
        this.unbroken = undefined;
        this.dropLink("gave up");
        return { ok: true };
      case "left-alone":
        return this.leftAlone(command);
      case "settle-conflict":
        if (command.keep === "other" && !this.hasMet) return failed("the winning copy has not been met");
        this.copy.kept = command.keep === "this";
        this.copy.yields = command.keep === "other";
        this.dropLink("settled");
        return { ok: true };
      case "close":
        if (this.guest.on || this.isHeldOpen) return failed("a writer is left");
        this.die("closed");
        return { ok: true };
      default:
        return { ok: true };
    }
  }

  private initialise(as: "source" | "empty"): CommandResult {
    const { copy } = this;
    if (as === "source") {
      copy.history = copy.state === "consistent" ? [copy.generation, ...copy.history] : [];
      copy.generation = newGeneration(`${this.node} ${this.module} ${this.now()}`);
      copy.state = "consistent";
      copy.right = "alone";
      copy.basis = "first";
      copy.isThere = true;
    } else copy.state = "empty";
    return { ok: true };
  }

  private promote(basis: Copy["basis"] | "fence" | undefined): CommandResult {
    const { copy } = this;
    if (!copy.isThere || copy.state !== "consistent") return failed("the copy is not whole");
    if (basis === undefined) {
      const isAlone = copy.right === "alone" && !this.isTarget;
      if (!this.inSync && !isAlone) return failed("neither in sync nor left alone");
    } else {
      // The engine knows sooner than the daemon: a handshake since the decision makes it void.
      const needsProof = basis !== "forced" && basis !== "lease" && basis !== "fence";
      if (needsProof && this.current().kind === "none") return failed("this copy is not current");
      if (basis === "silence" && this.link.kind === "paired")
        return failed("the peer answers on the data link");
      if (copy.right !== "alone") this.newRight(basis);
      else copy.basis = basis === "fence" ? "lease" : basis;
      this.dropLink("promoted");
    }
    this.role = "primary";
    copy.wasPrimary = true;
    return { ok: true };
  }

  private newRight(basis: Copy["basis"] | "fence"): void {
    const { copy } = this;
    this.onRight(this, basis);
    copy.history = [copy.generation, ...copy.history];
    copy.generation = newGeneration(`${this.node} ${this.module} ${this.now()}`);
    copy.right = "alone";
    copy.basis = basis === "fence" ? "lease" : basis;
    this.unbroken = undefined;
  }

  private grant(freeze: FreezeId, basis: Copy["basis"] | "fence"): CommandResult {
    if (this.freeze?.session !== freeze.session || this.freeze.counter !== freeze.counter) {
      return failed("the grant is for another freeze");
    }
    this.newRight(basis);
    this.inSync = false;
    this.dropLink("granted alone");
    this.thaw();
    return { ok: true };
  }

  private deny(freeze: FreezeId): CommandResult {
    if (this.freeze?.session !== freeze.session || this.freeze.counter !== freeze.counter) {
      return failed("the denial is for another freeze");
    }
    if (this.isWatching) {
      Object.assign(this.guest, { on: false, paused: false });
      this.onGuest();
    }
    this.freeze = undefined;
    this.role = "secondary";
    this.unbroken = undefined;
    return { ok: true };
  }

  private leftAlone({
    basis,
    generation,
    session,
  }: Extract<MirrorCommand, { do: "left-alone" }>): CommandResult {
    const { copy } = this;
    if (copy.right === "alone") return { ok: true };
    if (copy.generation !== generation || copy.session !== session) return failed("another generation");
    const { freeze } = this;
    if (freeze === undefined && this.current().kind === "none") return failed("not current");
    this.dropLink("the peer has left");
    this.newRight(basis);
    this.thaw();
    return { ok: true };
  }

  private word(): CommandResult {
    if (this.role === "primary") return failed("it runs here");
    if (this.copy.right === "alone") return failed("it was itself left alone last");
    this.copy.right = "outdated";
    this.unbroken = undefined;
    this.dropLink("gave its word");
    return { ok: true };
  }

  dropLink(reason: string, quietMs = 0): void {
    this.inSync = false;
    this.filledAt = undefined;
    this.link = this.isLinkWanted && this.copy.isThere ? { kind: "down", reason, quietMs } : { kind: "off" };
  }

  die(reason: string): void {
    this.isAlive = false;
    this.dropLink(reason);
  }
}
