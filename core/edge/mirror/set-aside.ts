// SPDX-License-Identifier: Apache-2.0
// P8: the losing copy of a conflict is kept as a whole before anything is written over it, as ID.kept-G
// beside the folder. With reflinks the folder and its state are cloned (and only differences are sent later);
// without, both are renamed and the module starts anew as empty. The kept copy loses its identity: a person
// may start from it by hand, but it can never again be a source or a target. The module is closed while this
// runs: nothing is mounted.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { GemelError } from "../../base/errors.js";
import { stateFolder } from "../config/paths.js";
import { fuseMountAt } from "./mounts.js";
import { cloneLimitMs, setAsideLimitMs } from "../../base/limits/edge.js";

const run = promisify(execFile);
const unfinishedMark = ".unfinished";
const identityAttribute = "trusted.gemel.copy";

export interface Kept {
  readonly how: "cloned" | "renamed";
  readonly folder: string;
}

/**
 * Repeated after a crash it goes on where it stood. Told apart by what is still there: cloning leaves folder
 * and state in place, renaming takes the folder first and the state next.
 */
export async function setAside(module: string, folder: string, generation: string): Promise<Kept> {
  if (fuseMountAt(folder) !== undefined)
    throw new GemelError("GEMEL-5007", module, "The folder is still mounted.");
  const state = stateFolder(folder, module);
  const kept = (await brokenOff(folder)) ?? `${folder}.kept-${generation}`;
  const keptState = stateFolder(kept, `${module}${kept.slice(folder.length)}`);
  try {
    if (existsSync(folder) && existsSync(state) && (existsSync(kept) || (await canClone(folder, kept)))) {
      if (!existsSync(keptState)) await clone(state, keptState);
      await forgetIdentity(kept);
      return { how: "cloned", folder: kept };
    }
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      await refuseShortage(module, folder);
      await rename(folder, kept);
    }
    if (existsSync(state)) await rename(state, keptState);
    if (existsSync(kept)) await forgetIdentity(kept);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { how: "renamed", folder: kept };
  } catch (error) {
    if (error instanceof GemelError) throw error;
    throw new GemelError("GEMEL-5007", module, (error as Error).message);
  }
}

/** A kept folder that still has its identity, which goes last: a crash came in between. */
async function brokenOff(folder: string): Promise<string | undefined> {
  const begin = `${basename(folder)}.kept-`;
  for (const name of readdirSync(dirname(folder))) {
    const kept = join(dirname(folder), name);
    if (!name.startsWith(begin) || name.endsWith(unfinishedMark)) continue;
    if (await hasIdentity(kept)) return kept;
  }
  return undefined;
}

async function hasIdentity(folder: string): Promise<boolean> {
  try {
    await run("getfattr", ["--absolute-names", "-n", identityAttribute, folder], {
      timeout: setAsideLimitMs,
    });
    return true;
  } catch (error) {
    if (/No such attribute/.test((error as Error).message)) return false;
    throw error;
  }
}

/** A file system without reflinks cannot. */
const canClone = (folder: string, kept: string): Promise<boolean> =>
  clone(folder, kept).then(
    () => true,
    () => false,
  );

/** Into a name of its own first: a clone that broke off must not look like a kept copy. */
async function clone(from: string, to: string): Promise<void> {
  const unfinished = `${to}${unfinishedMark}`;
  const remove = async (): Promise<unknown> =>
    await run("rm", ["-rf", "--one-file-system", unfinished], { timeout: setAsideLimitMs });
  await remove();
  try {
    await run("cp", ["-a", "--reflink=always", from, unfinished], { timeout: cloneLimitMs });
  } catch (error) {
    await remove();
    throw error;
  }
  await rename(unfinished, to);
}

/** Without reflinks the module is filled anew beside the kept copy: both must fit. */
async function refuseShortage(module: string, folder: string): Promise<void> {
  const { stdout } = await run("du", ["-sB1", "--one-file-system", folder], { timeout: setAsideLimitMs });
  const needed = Number(stdout.split("\t")[0]);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new GemelError("GEMEL-5003", module, `A second copy needs ${needed} bytes; ${free} are free.`);
}

async function rename(from: string, to: string): Promise<void> {
  await run("mv", ["-T", "-n", from, to], { timeout: setAsideLimitMs });
  if (existsSync(from)) throw new Error(`${from} could not be renamed to ${to}`);
  await run("sync", ["-f", to], { timeout: setAsideLimitMs });
}

async function forgetIdentity(folder: string): Promise<void> {
  if (!(await hasIdentity(folder))) return;
  await run("setfattr", ["-x", identityAttribute, folder], { timeout: setAsideLimitMs });
}
