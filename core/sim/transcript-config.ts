// SPDX-License-Identifier: Apache-2.0
// The first line of a transcript: the modules, and the nodes that are not of their pair.

import { milliseconds, nodeName, type NodeName } from "../base/units.js";
import type { ModuleConfig } from "../decide/mirror/types.js";
import { defaultConfig } from "./cluster.js";

/** The first one where nothing is given. */
export function wordOf<T extends string>(word: string | undefined, words: readonly [T, ...T[]]): T {
  const found = words.find((one) => one === (word ?? words[0]));
  if (found === undefined) throw new Error(`${word ?? ""} is none of ${words.join(", ")}`);
  return found;
}

export interface Configured {
  readonly configs: readonly ModuleConfig[];
  readonly more: readonly NodeName[];
}

export function transcriptConfig(words: readonly string[]): Configured {
  const given = new Map(words.map((word) => word.split("=") as [string, string]));
  const list = (name: string, otherwise: string): string[] =>
    (given.get(name) ?? otherwise).split(",").filter((one) => one !== "");
  const home = given.get("defaultprim");
  const configs = list("modules", "cam1").map((name) => ({
    ...defaultConfig(name),
    arbiter: wordOf(given.get("arbiter"), ["none", "lease", "lease-and-fence"]),
    failover: given.get("failover") !== "off",
    boot: given.get("boot") !== "off",
    maxLoop: Number(given.get("maxloop") ?? 3),
    stopHow: wordOf(given.get("stop"), ["shutdown", "save", "off"]),
    niceStop: milliseconds(Number(given.get("nicestop") ?? 300) * 1000),
    powerOff: wordOf(given.get("poweroff"), ["stop", "restart"]),
    ...(home !== undefined && {
      defaultPrim:
        home === "alone" || home === "lastprim"
          ? ({ kind: home } as const)
          : ({ kind: "node", node: nodeName(home) } as const),
    }),
  }));
  return { configs, more: list("also", "").map(nodeName) };
}
