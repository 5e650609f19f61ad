// SPDX-License-Identifier: Apache-2.0
// What a procedure can use of its daemon. Given by core/edge; tests give their own.

import type { PeerAnswer, PeerAnswers, PeerBody, PeerCall } from "../api/calls/peer.js";
import type { ProtectReply, ProtectRequest, UnprotectRequest } from "../api/contract.js";
import type { Milliseconds } from "../base/units.js";
import type { ModuleSettings } from "../edge/config/module-file.js";
import type { Paths } from "../edge/config/paths.js";
import type { Command, CommandAnswer } from "../decide/mirror/command.js";
import type { ModulePicture } from "../decide/mirror/types.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import type { MirrorCommand, MirrorStatus } from "../../native/index.js";
import type { StartGuard } from "./start-guard.js";

export interface ProcedureServices {
  readonly node: string;
  /** The cluster's other nodes. */
  readonly peers: readonly string[];
  readonly paths: Paths;
  readonly hypervisor: Hypervisor;
  readonly guard: StartGuard;
  readonly modules: {
    readonly ids: () => readonly string[];
    readonly settings: (id: string) => ModuleSettings | undefined;
    readonly unknown?: () => readonly string[];
    /** Writes userconfig.xml and takes the module up; the same again changes nothing. */
    readonly create: (id: string, settings: ModuleSettings) => void;
    /**
     * Only a stopped module; its files stay. Also remembered, so that the other node does not bring it back.
     */
    readonly remove: (id: string) => void;
  };
  /**
   * A call that the other node's daemon answers by its `answers` table; fails with GEMEL-1009 when it is not
   * reached.
   */
  readonly callPeer: <Call extends PeerCall>(
    node: string,
    call: Call,
    body: PeerBody<Call>,
  ) => Promise<PeerAnswer<Call>>;
  readonly command: (command: Command, by: string) => Promise<CommandAnswer>;
  readonly view: (module: string) => ModulePicture | undefined;
  readonly peerView: (module: string) => ModulePicture | undefined;
  readonly mirror: (module: string) => MirrorStatus | undefined;
  /** Bytes per second of the last long copy from here; null: none yet. */
  readonly copyRate: () => number | null;
  readonly askMirror: (module: string, command: MirrorCommand, limit: Milliseconds) => Promise<unknown>;
  readonly record: (module: string, sentence: string, outcome: string) => void;
}

/** What a node answers when the other one's procedure calls it by name. */
export type ProtectionCall = Extract<PeerCall, `protect-${string}` | `unprotect-${string}`>;

/** What core/protect gives the daemon. Refusals are thrown as GemelError before anything has changed. */
export interface Protection {
  /** VM → its module: those that exist, and those that are being made. */
  readonly coming: () => ReadonlyMap<string, string>;
  readonly protect: (request: ProtectRequest, by: string) => Promise<ProtectReply>;
  readonly unprotect: (module: string, request: UnprotectRequest, by: string) => Promise<ProtectReply>;
  /** Whether the hypervisor asks before it starts a VM (R32); the marks are put right on the way. */
  readonly guarded: () => ReturnType<StartGuard["known"]>;
  /** A module that the other node has unprotected meanwhile: stopped here, and its copy kept aside. */
  readonly forget: (module: string) => Promise<void>;
  readonly answers: PeerAnswers<ProtectionCall>;
}
