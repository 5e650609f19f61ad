// SPDX-License-Identifier: Apache-2.0
// The configuration on disk: reads what is there, says with file, line and reason what is wrong, writes whole
// files. A wrong file never stops the daemon (R103): what was last read counts until it is mended.

import { readdirSync } from "node:fs";
import { GemelError } from "../../base/errors.js";
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

/** No line is to blame (0) when the disk did not give the file. */
export interface FileFault {
  readonly kind: "fault";
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export type FileRead<T> =
  { readonly kind: "absent" } | { readonly kind: "value"; readonly value: T } | FileFault;

export const faultText = ({ file, line, reason }: FileFault): string =>
  line === 0 ? `${file}: ${reason}` : `${file}, line ${line}: ${reason}`;

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
    // What is known of modules is kept elsewhere, too; each file says for itself that it cannot be read.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return [];
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

export function readWith<T>(file: string, parse: (text: string) => T): FileRead<T> {
  try {
    const text = readText(file);
    return text === undefined ? { kind: "absent" } : { kind: "value", value: parse(text) };
  } catch (error) {
    if (error instanceof ConfigFault) return { kind: "fault", file, line: error.line, reason: error.reason };
    if (error instanceof GemelError) return { kind: "fault", file, line: 0, reason: error.message };
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    return { kind: "fault", file, line: 0, reason: `it cannot be read (${code})` };
  }
}
