// SPDX-License-Identifier: Apache-2.0
// Who of the other nodes shows signs of life, and by which way. Pure: instants come in with the events.
//
//   alive ── no sign for 3 pulses, or its process closed ──▶ suspect ── heartbeat timeout ──▶ dead
//     ▲                                                        │                            │
//     └──────── any authenticated heartbeat, answer on control or data link ◀──────────────────┘
//
// Invariants:
// - Only authenticated words are signs: heartbeats, answers on the control connection, the data link (R21).
//   A closed socket, RST or ICMP is knowledge for people (suspect at once), never a sign of life and never
//   a verdict of death.
// - Silence counts only over time in which this daemon ran itself: after a gap every count starts anew (R16).
// - Facts have an age: a data link is a witness only while its mirror process says so (R36).
// - Clocks of the wall take no part.

import { without } from "../../base/fields.js";
import { heartbeatTimeout, stallLimit } from "../../base/limits.js";
import {
  elapsed,
  instant,
  type Instant,
  later,
  milliseconds,
  type Milliseconds,
  type ModuleId,
  type NodeName,
} from "../../base/units.js";
import { mirrorSilentAfter, suspectAfter } from "../../base/limits/decision.js";

export interface NetworkSign {
  /** Last authenticated heartbeat over this network; absent: none since the daemon runs. */
  readonly heard?: Instant;
  readonly timeout: Milliseconds;
}

/** One module's data link as a witness of life, by the words of its mirror process. */
export interface LinkSign {
  readonly up: boolean;
  /** Last instant at which the peer is known to have answered on it; while it is up, the last word's. */
  readonly heard: Instant;
}

export interface Peer {
  readonly name: NodeName;
  /** Counting of silence starts here: the daemon's start, or the end of a gap of its own (R16). */
  readonly countFrom: Instant;
  readonly networks: Readonly<Record<string, NetworkSign>>;
  /** Last authenticated answer on the control connection. */
  readonly control?: Instant;
  readonly links: Readonly<Record<ModuleId, LinkSign>>;
  /** Its daemon's run; a new value means that it restarted and forgot what was only in memory. */
  readonly incarnation?: string;
  /** Its process ended (sockets closed): known at once, decides nothing by itself (R21, R24). */
  readonly closed?: Instant;
}

export type Verdict = "alive" | "suspect" | "dead";

export const newPeer = (
  name: NodeName,
  at: Instant,
  networks: Readonly<Record<string, Milliseconds>>,
): Peer => ({
  name,
  countFrom: at,
  networks: Object.fromEntries(Object.entries(networks).map(([id, timeout]) => [id, { timeout }])),
  links: {},
});

export function heartbeatHeard(peer: Peer, network: string, incarnation: string, at: Instant): Peer {
  const timeout = peer.networks[network]?.timeout ?? heartbeatTimeout;
  return {
    ...without(peer, "closed"),
    incarnation,
    networks: { ...peer.networks, [network]: { heard: at, timeout } },
  };
}

export function controlHeard(peer: Peer, incarnation: string, at: Instant): Peer {
  return { ...without(peer, "closed"), incarnation, control: at };
}

export const processClosed = (peer: Peer, at: Instant): Peer => ({ ...peer, closed: at });

/**
 * The module's data link as its mirror process reports it. When it goes down with `quiet` (time since the
 * peer's last answer at that moment) the last sign is exact. Without it: a link lost while heartbeats were
 * still young is taken as stalled since T_link; one lost after they had died was the only witness, and the
 * whole timeout starts here.
 */
export function linkSeen(
  peer: Peer,
  module: ModuleId,
  up: boolean,
  at: Instant,
  quiet: Milliseconds | undefined,
): Peer {
  const before = peer.links[module];
  if (!up && before?.up !== true) return peer;
  if (!up && before !== undefined && !isWitness(before, at)) return linkGone(peer, module);
  const wasYoung = elapsed(lastHeartbeat(peer), at) < heartbeatTimeout;
  const back = up ? 0 : (quiet ?? (wasYoung ? stallLimit : 0));
  // While it was up its sign was taken on trust; the loss tells when the last one really was.
  const heard = instant(at - back);
  return { ...peer, links: { ...peer.links, [module]: { up, heard } } };
}

/** Its mirror process has said so lately; one that is silent may be hung, and says nothing of the peer. */
const isWitness = ({ up, heard }: LinkSign, at: Instant): boolean =>
  up && elapsed(heard, at) < mirrorSilentAfter;

/** The module's mirror here is gone or closed: its link is no witness any more. */
export function linkGone(peer: Peer, module: ModuleId): Peer {
  const sign = peer.links[module];
  return sign?.up === true ? { ...peer, links: { ...peer.links, [module]: { ...sign, up: false } } } : peer;
}

/** R16: this daemon did not run for a while; what it did not hear then proves nothing. */
export const countAnew = (peer: Peer, at: Instant): Peer => ({ ...peer, countFrom: at });

const lastHeartbeat = (peer: Peer): Instant =>
  instant(
    Math.max(
      peer.countFrom,
      peer.control ?? 0,
      ...Object.values(peer.networks).map(({ heard }) => heard ?? 0),
    ),
  );

/** The last sign of life on any way, never before the counting began. */
export const lastSign = (peer: Peer): Instant =>
  instant(Math.max(lastHeartbeat(peer), ...Object.values(peer.links).map(({ heard }) => heard)));

/** The longest timeout of all networks: the host is silent only when each of them is. */
export const silenceLimit = (peer: Peer): Milliseconds => {
  const timeouts = Object.values(peer.networks).map(({ timeout }) => timeout);
  return timeouts.length === 0 ? heartbeatTimeout : milliseconds(Math.max(...timeouts));
};

export function verdict(peer: Peer, at: Instant): Verdict {
  if (Object.values(peer.links).some((link) => isWitness(link, at))) return "alive";
  const silent = elapsed(lastSign(peer), at);
  if (silent >= silenceLimit(peer)) return "dead";
  return silent >= suspectAfter || peer.closed !== undefined ? "suspect" : "alive";
}

/** The daemon itself answers (its mirror processes may live without it). */
export const daemonAnswers = (peer: Peer, at: Instant): boolean =>
  peer.closed === undefined &&
  peer.incarnation !== undefined &&
  elapsed(lastHeartbeat(peer), at) < suspectAfter;

export const silentSince = (peer: Peer): Instant => lastSign(peer);

export type NetworkView = "up" | "silent" | "never-heard";

export function networkView(peer: Peer, network: string, at: Instant): NetworkView {
  const heard = peer.networks[network]?.heard;
  if (heard === undefined) return "never-heard";
  return at < later(heard, suspectAfter) ? "up" : "silent";
}
