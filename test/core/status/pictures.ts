// SPDX-License-Identifier: Apache-2.0
// A module as two nodes see it, for the tests of what is said about it.

import { instant, milliseconds, moduleId } from "../../../core/base/units.js";
import type { ModuleStatus, NodeStatus } from "../../../core/api/contract.js";
import type { ModulePicture } from "../../../core/decide/mirror/types.js";
import type { AlarmFacts } from "../../../core/describe/alarm/alarms.js";
import type { HeadlineFacts, Seen } from "../../../core/describe/module/headline.js";
import type { OutlookFacts } from "../../../core/describe/module/outlook.js";

export function view(state: ModulePicture["state"], reason: ModulePicture["reason"] = "none"): ModulePicture {
  const runs = state === "ALONE" || state === "PRIM";
  return {
    module: moduleId("cam1"),
    state,
    stability: "Ready",
    upToDate: true,
    generation: "00000000000000aa",
    session: 1,
    current: "session",
    mirror: "up",
    copy: "consistent",
    vm: runs ? "on" : "off",
    willing: true,
    primary: runs,
    lastPrim: runs,
    conflict: false,
    reason,
    since: instant(0),
  };
}

export const seen = (node: string, what: ModulePicture | undefined, more: Partial<Seen> = {}): Seen => ({
  node,
  view: what,
  live: true,
  down: false,
  silentSince: "03:12 UTC",
  ...more,
});

export const facts = (
  self: Seen,
  other: Seen,
  more: Partial<HeadlineFacts & OutlookFacts> = {},
): HeadlineFacts & OutlookFacts => ({
  self,
  other,
  isProtected: false,
  isPartly: false,
  conflict: false,
  isOffMirror: false,
  copying: null,
  pause: undefined,
  inSync: true,
  failover: true,
  isPaused: false,
  timeout: milliseconds(5000),
  startOf: () => undefined,
  ...more,
});

export const nodeStatus = (name: string, more: Partial<NodeStatus> = {}): NodeStatus => ({
  name,
  reachable: true,
  since: "2026-11-21T03:00:00.000Z",
  networks: [
    { name: "data", heard: true },
    { name: "heart", heard: true },
  ],
  daemon: "answers",
  version: "0.1.0",
  urls: [],
  ...more,
});

export const moduleStatus = (more: Partial<ModuleStatus> = {}): ModuleStatus => ({
  id: "cam1",
  vm: "Camera 1",
  sentence: "Protected",
  protected: true,
  partly: false,
  colour: "green",
  active: "alpha",
  ifHostDied: { sentence: "", seconds: null, node: null },
  nodes: [],
  reintegration: null,
  conflict: false,
  troubles: [],
  actions: [],
  ...more,
});

export const alarmFacts = (more: Partial<AlarmFacts> = {}): AlarmFacts => ({
  self: "alpha",
  version: "0.1.0",
  arbiter: "lease",
  nodes: [nodeStatus("alpha"), nodeStatus("beta")],
  modules: [moduleStatus()],
  pause: undefined,
  hypervisorLost: false,
  disks: [],
  certificates: [],
  peers: [],
  addressesGone: new Map(),
  unwritable: [],
  troubles: [],
  ...more,
});
