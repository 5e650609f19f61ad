// SPDX-License-Identifier: Apache-2.0
// What the API needs of the daemon, as one interface: routes translate HTTP to these calls and back and know
// nothing else. A refusal is a thrown GemelError or an ApiFailure that came from the other node.

import type {
  AdmissionRequest,
  ApiError,
  ClusterReply,
  ClusterView,
  CommandReply,
  CommandRequest,
  DoctorReport,
  Figures,
  HistoryEntry,
  InitRequest,
  JoinRequest,
  LiveEvent,
  ModuleChange,
  ModuleView,
  ProcedureStatus,
  ProtectReply,
  ProtectRequest,
  Status,
  UnprotectRequest,
  VerifyRequest,
  VmView,
} from "./contract.js";

/** Who asks: root on the unix socket, a certificate of the cluster, or nobody we know. */
export interface Caller {
  readonly kind: "root" | "admin" | "node" | "nobody";
  readonly name: string;
  readonly address: string;
}

export interface HistoryQuery {
  readonly module?: string;
  readonly kind?: HistoryEntry["kind"];
  readonly after?: number;
  readonly limit: number;
}

/** An error answer of the other node, passed on as it is. */
export class ApiFailure extends Error {
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
  audit(caller: Caller, what: string, module: string | null, outcome: string): void;

  status(): Status;
  figures(module: string, node: string | undefined): Promise<Figures>;
  history(query: HistoryQuery): readonly HistoryEntry[];
  doctor(): Promise<DoctorReport>;
  /** Events after `lastId`, then live ones; returns how to stop. */
  subscribe(lastId: number | undefined, listener: (id: number, event: LiveEvent) => void): () => void;
  ready(module: string): boolean;

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
