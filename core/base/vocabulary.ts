// SPDX-License-Identifier: Apache-2.0
// The lists of words that middle, API, CLI and console share, each once.

/** What a node does for a module. */
export const stateNames = ["STOP", "WAIT", "ALONE", "PRIM", "SECOND"] as const;
export type StateName = (typeof stateNames)[number];

/** Red, amber, green. */
export type Stability = "NotReady" | "Transient" | "Ready";
export type Colour = "green" | "amber" | "red";

/** What a person may ask of one module, in the order in which it is offered. */
export const moduleVerbs = [
  "start",
  "stop",
  "restart",
  "stopstart",
  "swap",
  "prim",
  "second",
  "resolve",
] as const;

export type ModuleVerb = (typeof moduleVerbs)[number];

/** What of the figures is kept and drawn, in the order of its columns. */
export const seriesNames = [
  "cpu",
  "memory",
  "writesPerSecond",
  "bytesWrittenPerSecond",
  "bytesReadPerSecond",
  "writeP50Us",
  "writeP99Us",
  "localP50Us",
  "peerP50Us",
  "dirtyBytes",
] as const;

/**
 * By this name (SNI) a node asks for another one at the API's port. Whoever does not is taken for a browser,
 * gets the console's certificate, and is not asked for one (R116).
 */
export const nodeServerName = "gemel-node";
