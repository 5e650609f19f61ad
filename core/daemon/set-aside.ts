// SPDX-License-Identifier: Apache-2.0
// P8: the losing copy of a conflict is kept as a whole before anything is written over it, as ID.kept-G
// beside the folder. With reflinks the folder and its state are cloned (and only differences are sent later);
// without, both are renamed and the module starts anew as empty. The kept copy loses its identity: a person
// may start from it by hand, but it can never again be a source or a target. The module is closed while this
// runs: nothing is mounted.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { GemelError } from "../base/errors.js";
import { stateFolder } from "../config/paths.js";
import { fuseMountAt } from "../mirror/mounts.js";

const run = promisify(execFile);
const cloneLimitMs = 600_000;
const shortLimitMs = 30_000;
const identityAttribute = "trusted.gemel.copy";

export interface Kept {
  readonly how: "cloned" | "renamed" | "already";
  readonly folder: string;
}

export async function setAside(module: string, folder: string, generation: string): Promise<Kept> {
  if (fuseMountAt(folder) !== undefined)
    throw new GemelError("GEMEL-5007", module, "The folder is still mounted.");
  const state = stateFolder(folder, module);
  const kept = `${folder}.kept-${generation}`;
  const keptState = stateFolder(kept, `${module}.kept-${generation}`);
  // Repeated after a crash: what is there whole is not made again.
  if (existsSync(kept)) return { how: "already", folder: kept };
  try {
    if (await cloned(folder, kept)) {
      await run("cp", ["-a", "--reflink=always", state, keptState], { timeout: cloneLimitMs });
      await forgetIdentity(kept);
      return { how: "cloned", folder: kept };
    }
    await refuseShortage(module, folder);
    await rename(folder, kept);
    await rename(state, keptState);
    await forgetIdentity(kept);
    mkdirSync(folder, { mode: 0o700 });
    return { how: "renamed", folder: kept };
  } catch (error) {
    if (error instanceof GemelError) throw error;
    throw new GemelError("GEMEL-5007", module, (error as Error).message);
  }
}

/** Into a name of its own first: a clone that broke off must not look like a kept copy. */
async function cloned(folder: string, kept: string): Promise<boolean> {
  const unfinished = `${kept}.unfinished`;
  await run("rm", ["-rf", "--one-file-system", unfinished], { timeout: shortLimitMs });
  try {
    await run("cp", ["-a", "--reflink=always", folder, unfinished], { timeout: cloneLimitMs });
  } catch {
    await run("rm", ["-rf", "--one-file-system", unfinished], { timeout: shortLimitMs });
    return false;
  }
  await rename(unfinished, kept);
  return true;
}

/** Without reflinks the module is filled anew beside the kept copy: both must fit. */
async function refuseShortage(module: string, folder: string): Promise<void> {
  const { stdout } = await run("du", ["-sB1", "--one-file-system", folder], { timeout: shortLimitMs });
  const needed = Number(stdout.split("\t")[0]);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new GemelError("GEMEL-5003", module, `A second copy needs ${needed} bytes; ${free} are free.`);
}

async function rename(from: string, to: string): Promise<void> {
  await run("mv", ["-T", "-n", from, to], { timeout: shortLimitMs });
  if (existsSync(from)) throw new Error(`${from} could not be renamed to ${to}`);
  await run("sync", ["-f", to], { timeout: shortLimitMs });
}

async function forgetIdentity(folder: string): Promise<void> {
  try {
    await run("setfattr", ["-x", identityAttribute, folder], { timeout: shortLimitMs });
  } catch (error) {
    if (!/No such attribute/.test((error as Error).message)) throw error;
  }
}
