// SPDX-License-Identifier: Apache-2.0
// The configuration on disk: reads what is there, says with file, line and reason what is wrong, writes whole
// files. A wrong file never stops the daemon: its module is shown as misconfigured and nothing is done with
// it.

import { readdirSync } from "node:fs";
import { readText, removeWhole, writeWhole } from "../record/durable-file.js";
import { parseCluster, writeCluster, type ClusterConfig } from "./cluster-file.js";
import {
  moduleIdPattern,
  parseModule,
  writeModule,
  type ModuleSettings,
  type ParsedModule,
} from "./module-file.js";
import { moduleFile, type Paths } from "./paths.js";
import { ConfigFault } from "./xml.js";

export type FileRead<T> =
  | { readonly kind: "absent" }
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "fault"; readonly file: string; readonly line: number; readonly reason: string };

export function readClusterFile(paths: Paths): FileRead<ClusterConfig> {
  return readWith(paths.clusterFile, parseCluster);
}

export function readModuleFile(paths: Paths, id: string): FileRead<ParsedModule> {
  return readWith(moduleFile(paths, id), parseModule);
}

/** Every folder below modules/ whose name can be a module's. */
export function moduleIds(paths: Paths): readonly string[] {
  try {
    return readdirSync(paths.modules)
      .filter((name) => moduleIdPattern.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

export function saveCluster(paths: Paths, config: ClusterConfig): void {
  writeWhole(paths.clusterFile, writeCluster(config), 0o644);
}

export function saveModule(paths: Paths, id: string, config: ModuleSettings): void {
  writeWhole(moduleFile(paths, id), writeModule(config), 0o644);
}

export function removeModule(paths: Paths, id: string): void {
  removeWhole(moduleFile(paths, id));
}

function readWith<T>(file: string, parse: (text: string) => T): FileRead<T> {
  const text = readText(file);
  if (text === undefined) return { kind: "absent" };
  try {
    return { kind: "value", value: parse(text) };
  } catch (error) {
    if (error instanceof ConfigFault) return { kind: "fault", file, line: error.line, reason: error.reason };
    throw error;
  }
}
