// SPDX-License-Identifier: Apache-2.0
// The one way between the two sides of a daemon: messages of plain data, so that either can leave the other's
// thread. Each message is copied on its way; an object that both sides would hold does not get through.
//
//     API's side: HTTP, calls, people,        ask(what, …) ──▶        node's side: loop, network, mirrors,
//     history, metrics                 ◀── an answer or a refusal     hypervisor, procedures
//                                      ◀── news, in their order
//
// What must be known at once, without asking (who may come in, what runs here), is in the last snapshot. A
// change is seen there before whoever asked for it has the answer.

import type { PeerCall } from "../api/calls/peer.js";
import type {
  CertificateView,
  DoctorReport,
  ModuleChange,
  ModuleView,
  ProcedureStatus,
  ProtectReply,
  ProtectRequest,
  Status,
  UnprotectRequest,
  VmView,
} from "../api/contract.js";
import { PeerRefusal } from "../api/door.js";
import { failure, GemelError, httpStatusOf, type Failure } from "../base/errors.js";
import type { Milliseconds, ModuleId, NodeName } from "../base/units.js";
import type { Command, CommandAnswer } from "../decide/mirror/command.js";
import type { ModulePicture, NodeState } from "../decide/mirror/types.js";
import type { AlarmFacts } from "../describe/alarm/alarms.js";
import type { Measure } from "../describe/module/measures.js";
import type { Times } from "../describe/status/times.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import type { MirrorCommand, MirrorStatus } from "../../native/index.js";
import type { Entries, SharedChange } from "./cluster/shared-entries.js";
import type { ClusterConfig } from "./config/cluster-file.js";
import type { ModuleSettings } from "./config/module-file.js";
import type { Member } from "./network/cluster-network.js";
import type { ControlLine } from "./network/control-connection.js";
import type { CallAnswer, PeerCallRequest } from "./network/peer-call.js";
import type { NewEntry } from "./record/history.js";

/** Of a node that belongs to a cluster: replaced as a whole, never changed. */
export interface NodeSnapshot {
  readonly shared: Entries;
  readonly modules: Readonly<Record<string, ModuleSettings>>;
  /** Modules whose VM belongs here now, and those of them whose VM is there. */
  readonly active: readonly ModuleId[];
  readonly ready: readonly ModuleId[];
  /** Nodes whose daemon is connected. */
  readonly answering: readonly NodeName[];
}

/** What is looked at before a command is given. */
export interface LookedAt {
  readonly state: NodeState;
  readonly times: Times;
  /** As this node tells the others of it. */
  readonly view: ModulePicture | undefined;
  readonly mirror: MirrorStatus | undefined;
  /** By node of the pair. */
  readonly measures: Readonly<Record<string, Measure>>;
}

/** What the node's side is asked. */
export interface NodeDesk {
  readonly enter: (member: Member) => void;
  readonly reconfigure: (config: ClusterConfig) => void;
  /** cluster.xml cannot be read, and why; or it can. */
  readonly misread: (fault: Failure | undefined) => void;
  readonly stop: () => Promise<void>;
  readonly status: (unwritable: AlarmFacts["unwritable"]) => Status;
  readonly doctor: (certificates: readonly CertificateView[]) => Promise<DoctorReport>;
  readonly look: (module: string) => LookedAt;
  readonly modules: () => readonly ModuleView[];
  readonly change: (module: string, change: ModuleChange) => Promise<ModuleView>;
  readonly replace: (module: string, settings: ModuleSettings) => Promise<ModuleView>;
  readonly share: (...change: SharedChange) => void | Promise<void>;
  readonly command: (command: Command, by: string) => Promise<CommandAnswer>;
  readonly mirror: (module: string, command: MirrorCommand, limit: Milliseconds) => Promise<unknown>;
  readonly vms: () => Promise<readonly VmView[]>;
  readonly protect: (request: ProtectRequest, by: string) => Promise<ProtectReply>;
  readonly unprotect: (module: string, request: UnprotectRequest, by: string) => Promise<ProtectReply>;
  readonly procedure: (id: string) => Promise<ProcedureStatus>;
  /** Of another node's API. */
  readonly call: (peer: NodeName, request: PeerCallRequest) => Promise<CallAnswer>;
  /** What another node's daemon asks by name; its body was judged. */
  readonly answer: (call: Exclude<PeerCall, "copy">, body: unknown) => Promise<unknown>;
  /** On a connection that another node's daemon has dialled; answers whether the loop turns. */
  readonly heard: (from: NodeName, line: ControlLine) => boolean;
  readonly refuse: (from: NodeName, why: string) => void;
  readonly counters: () => ReturnType<Hypervisor["figures"]>;
  readonly list: () => ReturnType<Hypervisor["list"]>;
  readonly tellFigures: (peer: string, figures: unknown) => void;
}

/** What the node's side tells unasked. */
export type NodeNews =
  | { readonly kind: "snapshot"; readonly snapshot: NodeSnapshot }
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "entry"; readonly entry: NewEntry }
  /** Of another node. */
  | { readonly kind: "figures"; readonly from: NodeName; readonly figures: unknown };

type Answered<What extends keyof NodeDesk> = Awaited<ReturnType<NodeDesk[What]>>;
export type AskNode = <What extends keyof NodeDesk>(
  what: What,
  ...asked: Parameters<NodeDesk[What]>
) => Promise<Answered<What>>;

type Reply =
  | { readonly ok: true; readonly answer: unknown }
  | { readonly ok: false; readonly status: number; readonly failure: Failure };

/**
 * Asked in the order of asking: the desk has taken each message when the next one is sent. A refusal that
 * nobody waits for (whoever asked has failed meanwhile) ends nobody.
 */
export function askOver(desk: NodeDesk): AskNode {
  const answered = async <What extends keyof NodeDesk>(
    what: What,
    ...asked: Parameters<NodeDesk[What]>
  ): Promise<Answered<What>> => {
    const reply = structuredClone(await replyOf(desk, what, structuredClone(asked)));
    if (!reply.ok) throw new PeerRefusal(reply.status, reply.failure);
    return reply.answer as Answered<What>;
  };
  return (what, ...asked) => {
    const answer = answered(what, ...asked);
    answer.catch(() => undefined);
    return answer;
  };
}

export function tellOver(hear: (news: NodeNews) => void): (news: NodeNews) => void {
  return (news) => hear(structuredClone(news));
}

/** An error is no plain data: what it says is. */
async function replyOf(desk: NodeDesk, what: keyof NodeDesk, asked: readonly unknown[]): Promise<Reply> {
  try {
    return {
      ok: true,
      answer: await (desk[what] as (...asked: readonly unknown[]) => unknown)(...asked),
    };
  } catch (error) {
    if (error instanceof PeerRefusal) return { ok: false, status: error.status, failure: error.error };
    const { message } = error as Error;
    const said = error instanceof GemelError ? error.toJSON() : failure("GEMEL-9003", "", message);
    return { ok: false, status: httpStatusOf(said.code), failure: said };
  }
}
