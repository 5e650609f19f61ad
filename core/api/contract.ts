// SPDX-License-Identifier: Apache-2.0
// The words between the API and whoever uses it: CLI and console know Gemel only through this file and the
// table of calls. Each is made of its schema in core/api/schemas, where it is defined once, field by field;
// what stands here are types, so that nothing of it is loaded by a browser.

import type { Spoken } from "./calls/ask.js";
import type * as access from "./schemas/access.js";
import type * as cluster from "./schemas/cluster.js";
import type * as history from "./schemas/history.js";
import type * as load from "./schemas/load.js";
import type * as modules from "./schemas/modules.js";
import type * as parts from "./schemas/parts.js";
import type * as protect from "./schemas/protect.js";
import type * as status from "./schemas/status.js";

export type { Answer, Ask, Asking, CallWay } from "./calls/ask.js";

export type ApiError = Spoken<typeof parts.apiError>;

export type NodeStatus = Spoken<typeof status.nodeStatus>;
export type Action = Spoken<typeof status.action>;
export type ModuleOnNode = Spoken<typeof status.moduleOnNode>;
export type Reintegration = Spoken<typeof status.reintegration>;
export type ModuleStatus = Spoken<typeof status.statusOfModule>;
export type Status = Spoken<typeof status.status>;
export type ProcedureStatus = Spoken<typeof status.procedureStatus>;
export type FindingView = Spoken<typeof status.findingView>;
export type DoctorReport = Spoken<typeof status.doctorReport>;
export type LiveEvent = Spoken<typeof status.liveEvent>;
export type Pause = Spoken<typeof status.pause>;
export type PauseRequest = Spoken<typeof status.pauseRequest>;
export type Alarm = Spoken<typeof status.alarm>;

export type HistoryEntry = Spoken<typeof history.historyEntry>;
export type HistoryQuery = Spoken<typeof history.historyQuery>;

export type CommandRequest = Spoken<typeof modules.commandRequest>;
export type CommandReply = Spoken<typeof modules.commandReply>;
export type ModuleView = Spoken<typeof modules.moduleSettingsView>;
export type ModuleChange = Spoken<typeof modules.moduleChange>;
export type MirrorCounts = Spoken<typeof modules.mirrorCounts>;
export type Figures = Spoken<typeof modules.figures>;
export type VerifyRequest = Spoken<typeof modules.verifyRequest>;
export type Preview = Spoken<typeof modules.commandPreview>;
export type CopyView = Spoken<typeof modules.copyView>;
export type Copies = Spoken<typeof modules.copies>;
export type PreviewQuery = Spoken<typeof modules.previewQuery>;

export type VmView = Spoken<typeof protect.vmView>;
export type ProtectRequest = Spoken<typeof protect.protectRequest>;
export type ProtectReply = Spoken<typeof protect.protectReply>;
export type DiskView = Spoken<typeof protect.diskView>;
export type UnprotectRequest = Spoken<typeof protect.unprotectRequest>;

export type NetworkRequest = Spoken<typeof cluster.networkRequest>;
export type InitRequest = Spoken<typeof cluster.initRequest>;
export type ClusterReply = Spoken<typeof cluster.clusterReply>;
export type ClusterView = Spoken<typeof cluster.clusterView>;
export type PortUse = Spoken<typeof cluster.portUse>;
export type JoinRequest = Spoken<typeof cluster.joinRequest>;
export type AdmissionRequest = Spoken<typeof cluster.admissionRequest>;

export type LiveFigures = Spoken<typeof load.liveFigures>;
export type ModuleFigures = Spoken<typeof load.moduleFigures>;
export type SeriesName = Spoken<typeof load.seriesName>;
export type SeriesRange = Spoken<typeof load.seriesRange>;
export type Series = Spoken<typeof load.series>;
export type Trend = Spoken<typeof load.trend>;
export type Trends = Spoken<typeof load.trends>;
export type Need = Spoken<typeof load.need>;
export type HostCapacity = Spoken<typeof load.hostCapacity>;
export type Capacity = Spoken<typeof load.capacity>;
export type Move = Spoken<typeof load.move>;
export type Placement = Spoken<typeof load.balancePlan>;

export type Role = Spoken<typeof access.role>;
export type LoginRequest = Spoken<typeof access.loginRequest>;
export type Session = Spoken<typeof access.session>;
export type HandOver = Spoken<typeof access.handOver>;
export type UserView = Spoken<typeof access.userView>;
export type UserRequest = Spoken<typeof access.userRequest>;
export type UserChange = Spoken<typeof access.userChange>;
export type PasswordChange = Spoken<typeof access.passwordChange>;
export type CertificateView = Spoken<typeof access.certificateView>;
export type CertificateRequest = Spoken<typeof access.certificateRequest>;

export const apiRoot = "/api/v1";
export const defaultSocket = "/run/gemel/gemel.sock";
