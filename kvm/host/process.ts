// SPDX-License-Identifier: Apache-2.0
// QEMU as the kernel shows it: which process a VM is, whether it is dead, and what it has open. Only /proc
// and libvirt's /run are read, never a path below a mount, and never /proc/PID/cmdline of a guest that may be
// frozen (reading it waits for the process's memory map, which a frozen page fault holds).
//
// A pid alone can be reused: a process is a pid with its start time, and death is judged on a held /proc/PID
// directory, which names the same process as a pidfd does: once that one is gone it answers ESRCH, whoever
// has the number now.

import { constants } from "node:fs";
import { open, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Milliseconds } from "../../core/base/units.js";
import type { GuestProcess } from "../../core/ports/hypervisor.js";

export interface VmProcess extends GuestProcess {
  readonly pid: number;
  readonly startTime: string;
}

/** As core compares it: the same process, or another one. */
export const instanceOf = ({ pid, startTime }: VmProcess): string => `${pid} ${startTime}`;

/** One descriptor, with the mount it was opened through. */
export interface OpenFile {
  readonly path: string;
  readonly writable: boolean;
  readonly mount: Mount | undefined;
  /** Asked only where devices are (tmpfs, devtmpfs): a look at a file elsewhere might wait for its mount. */
  readonly device: "block" | "character" | "none";
}

export interface Mount {
  readonly id: string;
  /** major:minor of the file system. */
  readonly device: string;
  readonly point: string;
  readonly type: string;
}

/** libvirt's own record of running domains: DIR/NAME.xml with pid and uuid. */
export async function findProcess(statusDir: string, vm: string): Promise<VmProcess | undefined> {
  for (const file of (await readdir(statusDir).catch(gone)) ?? []) {
    if (!file.endsWith(".xml")) continue;
    const text = await readFile(join(statusDir, file), "utf8").catch(gone);
    if (text === undefined) continue;
    if (/<uuid>([^<]+)<\/uuid>/.exec(text)?.[1] !== vm) continue;
    const pid = Number(/<domstatus[^>]*\bpid='(\d+)'/.exec(text)?.[1]);
    return Number.isInteger(pid) && pid > 0 ? identify(pid) : undefined;
  }
  return undefined;
}

/** Undefined for a process that is gone, or that is no hypervisor. */
async function identify(pid: number): Promise<VmProcess | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(gone);
  const program = await readlink(`/proc/${pid}/exe`).catch(gone);
  if (stat === undefined || program === undefined || !/qemu|kvm/.test(program)) return undefined;
  const { startTime, state } = statFields(stat);
  return state === "Z" ? undefined : { pid, startTime };
}

/** The command's name may contain spaces and parentheses: everything is counted from the last one. */
function statFields(stat: string): { readonly state: string; readonly startTime: string } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

/** SIGKILL, then true once the whole process (every thread) is verified dead; false at the limit. */
export async function killProcess(target: VmProcess, limit: Milliseconds): Promise<boolean> {
  const held = await open(`/proc/${target.pid}`, constants.O_RDONLY | constants.O_DIRECTORY).catch(gone);
  if (held === undefined) return true;
  try {
    const inside = `/proc/self/fd/${held.fd}`;
    if (await isDead(inside, target.startTime)) return true;
    process.kill(target.pid, "SIGKILL");
    return await diesWithin(inside, target.startTime, limit);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
    throw error;
  } finally {
    await held.close();
  }
}

/** Whether it is gone by itself, within the limit. */
export async function waitForDeath(target: VmProcess, limit: Milliseconds): Promise<boolean> {
  return diesWithin(`/proc/${target.pid}`, target.startTime, limit);
}

async function diesWithin(folder: string, startTime: string, limit: Milliseconds): Promise<boolean> {
  const until = performance.now() + limit;
  while (!(await isDead(folder, startTime))) {
    if (performance.now() > until) return false;
    await pause(10);
  }
  return true;
}

/**
 * Dead: gone, another process by now, or a zombie without any other thread (while one thread sits in D state
 * the leader is a zombie already, but the process still has its descriptors: R35).
 */
async function isDead(folder: string, startTime: string): Promise<boolean> {
  const stat = await readFile(join(folder, "stat"), "utf8").catch(gone);
  if (stat === undefined) return true;
  const now = statFields(stat);
  if (now.startTime !== startTime) return true;
  if (now.state !== "Z" && now.state !== "X") return false;
  const threads = await readdir(join(folder, "task")).catch(gone);
  return (threads?.length ?? 0) <= 1;
}

/**
 * Only these two mean that there is no such process; anything else (too many open files …) proves nothing.
 */
function gone(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOENT" && code !== "ESRCH") throw error;
}

/**
 * Every descriptor on a regular file or block device, with the mount that it goes through in its own
 * namespace. Nothing: the process has ended, or ends; once it has left its namespaces the kernel answers
 * EINVAL, before the process is gone.
 */
export async function openFiles(target: VmProcess): Promise<readonly OpenFile[] | undefined> {
  try {
    return await readOpenFiles(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") gone(error);
    return undefined;
  }
}

async function readOpenFiles(target: VmProcess): Promise<readonly OpenFile[]> {
  const mounts = await mountsOf(String(target.pid));
  const files: OpenFile[] = [];
  for (const number of await readdir(`/proc/${target.pid}/fd`)) {
    const path = await readlink(`/proc/${target.pid}/fd/${number}`).catch(gone);
    if (path === undefined || !path.startsWith("/") || path.startsWith("/dev/null")) continue;
    const info = await readFile(`/proc/${target.pid}/fdinfo/${number}`, "utf8").catch(gone);
    if (info === undefined) continue;
    // The lowest two bits: 0 = reading only.
    const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? "0", 8);
    const mountId = /^mnt_id:\s*(\d+)/m.exec(info)?.[1];
    const mount = mounts.find(({ id }) => id === mountId);
    files.push({
      path,
      writable: (flags & 3) !== constants.O_RDONLY,
      mount,
      device: /^(dev)?tmpfs$/.test(mount?.type ?? "")
        ? await deviceOf(`/proc/${target.pid}/fd/${number}`)
        : "none",
    });
  }
  return files;
}

async function deviceOf(path: string): Promise<OpenFile["device"]> {
  const status = await stat(path).catch(gone);
  if (status?.isBlockDevice() === true) return "block";
  return status?.isCharacterDevice() === true ? "character" : "none";
}

export async function mountsOf(process: string): Promise<readonly Mount[]> {
  const text = await readFile(`/proc/${process}/mountinfo`, "utf8");
  return text.split("\n").flatMap((line) => {
    const [head = "", tail] = line.split(" - ");
    const [id, , device, , point] = head.split(" ");
    const type = tail?.split(" ")[0];
    if (id === undefined || device === undefined || point === undefined || type === undefined) return [];
    return [{ id, device, point: unescaped(point), type }];
  });
}

/**
 * The mount that a path lies on: the longest mount point above it; of several at one place the last, which
 * hides the others.
 */
export function mountAbove(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const above = mount.point === "/" || path === mount.point || path.startsWith(`${mount.point}/`);
    if (above && mount.point.length >= (best?.point.length ?? 0)) best = mount;
  }
  return best;
}

const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
