// SPDX-License-Identifier: Apache-2.0
// What two daemons ask each other, as rows: POST /peer/calls/NAME. Who asks is a node of the cluster, and
// what it asks is part of something that is recorded there; so a row says only how long the other one may
// take.

import { seconds, type Milliseconds } from "../../base/units.js";
import type { PeerSchemas } from "../schemas/peer.js";
import type { Spoken } from "./ask.js";

export type PeerCall = keyof PeerSchemas;
export type PeerBody<Call extends PeerCall> = Spoken<PeerSchemas[Call]["body"]>;
export type PeerAnswer<Call extends PeerCall> = Spoken<PeerSchemas[Call]["answer"]>;
/** What a node answers; each room of it answers some of the calls. */
export type PeerAnswers<Call extends PeerCall = PeerCall> = {
  readonly [Each in Call]: (body: PeerBody<Each>) => Promise<PeerAnswer<Each>>;
};

/** Without a limit: as long as any call to another node (edge/network/cluster-network.ts). */
export interface PeerRow {
  readonly limit?: Milliseconds;
}

export const peerCalls: Readonly<Record<PeerCall, PeerRow>> = {
  "offer-module": {},
  "offer-shared": {},
  procedure: {},
  verify: {},
  copy: { limit: seconds(10) },
  "node-facts": {},
  "protect-preflight": { limit: seconds(90) },
  standby: { limit: seconds(90) },
  "protect-validate": { limit: seconds(60) },
  "protect-room": {},
  "protect-no-room": {},
  "protect-create": {},
  "protect-start": {},
  "unprotect-here": {},
  "unprotect-forget": {},
};

export const isPeerCall = (name: string): name is PeerCall => Object.hasOwn(peerCalls, name);
