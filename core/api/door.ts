// SPDX-License-Identifier: Apache-2.0
// What the API needs of the daemon, as one interface: routes translate HTTP to these calls and back and know
// nothing else. A refusal is a thrown GemelError or an ApiFailure that came from the other node.

import type { Access } from "../edge/access/access.js";
import type {
  AdmissionRequest,
  ApiError,
  Capacity,
  ClusterReply,
  ClusterView,
  CommandReply,
  CommandRequest,
  DoctorReport,
  Figures,
  HistoryEntry,
  InitRequest,
  JoinRequest,
  LiveFigures,
  ModuleChange,
  ModuleView,
  Placement,
  ProcedureStatus,
  ProtectReply,
  ProtectRequest,
  Series,
  SeriesRange,
  Status,
  Trends,
  UnprotectRequest,
  VerifyRequest,
  VmView,
} from "./contract.js";
import type { LiveListener } from "./live.js";
import type { Caller } from "./caller.js";
import type { Inspection } from "./inspection.js";

export type { Caller } from "./caller.js";

export interface HistoryQuery {
  readonly module?: string;
  readonly kind?: HistoryEntry["kind"];
  /** The other node's history; absent: of the one that answers. */
  readonly node?: string;
  /** Text in sentence, outcome, rule, module or evidence. */
  readonly search?: string;
  /** Not before, not after: ISO 8601. */
  readonly from?: string;
  readonly to?: string;
  readonly after?: number;
  /** Older than this entry: the next page. */
  readonly before?: number;
  readonly limit: number;
}

/** How loaded hosts and VMs are, and where they should be. */
export interface LoadDoor {
  figures(): readonly LiveFigures[];
  series(query: { readonly module?: string; readonly host?: string; readonly range: SeriesRange }): Series;
  trends(): Trends;
  capacity(): Capacity;
  placement(): Placement;
}

/** An error answer of the other node, passed on as it is. */
export class PeerRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: ApiError,
  ) {
    super(error.message);
    this.name = "ApiFailure";
  }
}

export interface ApiDoor {
  judge(certificate: Buffer): { readonly kind: "node" | "admin"; readonly name: string } | undefined;
  /** People coming in; before there is a cluster nobody can. */
  access(): Access | undefined;
  audit(caller: Caller, what: string, module: string | null, outcome: string): void;

  status(): Status;
  figures(module: string, node: string | undefined): Promise<Figures>;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  doctor(): Promise<DoctorReport>;
  /** Events after `lastId`, then live ones; returns how to stop. */
  subscribe(lastId: number | undefined, listener: LiveListener): () => void;
  ready(module: string): boolean;
  readonly load: LoadDoor;
  readonly watch: Inspection;

  command(module: string, request: CommandRequest, caller: Caller): Promise<CommandReply>;
  verify(module: string, request: VerifyRequest): Promise<void>;
  shutdown(caller: Caller): Promise<{ readonly sentence: string }>;

  modules(): readonly ModuleView[];
  module(id: string): ModuleView;
  changeModule(id: string, change: ModuleChange): Promise<ModuleView>;
  replaceModule(id: string, xml: string): Promise<ModuleView>;

  /** Of one node; undefined: of every node that answers. */
  vms(node: string | undefined): Promise<readonly VmView[]>;
  protect(request: ProtectRequest, caller: Caller): Promise<ProtectReply>;
  unprotect(module: string, request: UnprotectRequest, caller: Caller): Promise<ProtectReply>;
  procedure(id: string): Promise<ProcedureStatus>;
  /** A call between the two daemons' procedures (preflight there, create module there …). */
  peerCall(name: string, body: unknown): Promise<unknown>;

  cluster(): ClusterView;
  initCluster(request: InitRequest): Promise<ClusterReply>;
  joinCluster(request: JoinRequest): Promise<ClusterReply>;
  newToken(): ClusterReply;
  admit(request: AdmissionRequest): Promise<unknown>;
}
