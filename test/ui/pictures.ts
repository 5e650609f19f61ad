// SPDX-License-Identifier: Apache-2.0
// A module and its figures as the API tells of them, for tests of what a page makes of that.

import type { ModuleFigures, ModuleOnNode, ModuleStatus } from "../../core/api/contract.js";

export const onNode = (node: string, more: Partial<ModuleOnNode>): ModuleOnNode => ({
  node,
  state: "SECOND",
  stability: "Ready",
  upToDate: true,
  generation: "1",
  session: 1,
  reason: "none",
  since: "2026-11-21T03:00:00Z",
  vm: "off",
  live: true,
  ...more,
});

/** cam1 on alpha and beta. */
export const pairOf = (
  alpha: Partial<ModuleOnNode>,
  beta: Partial<ModuleOnNode>,
  more: Partial<ModuleStatus> = {},
): ModuleStatus => ({
  id: "cam1",
  vm: "Camera server",
  sentence: "",
  protected: false,
  partly: false,
  colour: "amber",
  active: null,
  ifHostDied: { sentence: "", seconds: null, node: null },
  nodes: [onNode("alpha", alpha), onNode("beta", beta)],
  reintegration: null,
  conflict: false,
  troubles: [],
  actions: [],
  ...more,
});

export const figuresOf = (module: string, more: Partial<ModuleFigures> = {}): ModuleFigures => ({
  module,
  cpu: 1,
  memory: 1,
  writesPerSecond: 1,
  bytesWrittenPerSecond: 1,
  bytesReadPerSecond: 1,
  writeP50Us: 1,
  writeP99Us: 1,
  localP50Us: 1,
  peerP50Us: 1,
  dirtyBytes: 1,
  inFlight: 0,
  ...more,
});
