// SPDX-License-Identifier: Apache-2.0
// The lists of words that middle, API, CLI and console share, each once.

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
