// SPDX-License-Identifier: Apache-2.0
/**
 * What a run of the lab has left on this machine: processes, mounts, namespaces, loop devices.
 *
 * Only what is surely ours is named, for other work may go on here: processes that carry this run's mark in
 * their environment or the lab's folder in their command line or as working directory, and everything that
 * lives in a network, pid or mount namespace which such a process has made; mounts and loop devices below the
 * lab's folder. (libvirtd empties the environment of its QEMU, so the mark alone would miss the guests.)
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Environment variable that every process started by one run of the tests inherits. */
export const runMark = "GEMEL_TEST_RUN";

type Process = {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly environment: string;
  readonly directory: string;
  readonly namespaces: readonly string[];
};

/** Looks until nothing is left or the limit is reached; the dead need a moment to go. */
export async function leftoversAfter(limitMs: number, mark: string, labFolder: string): Promise<string[]> {
  const deadline = performance.now() + limitMs;
  let found = leftovers(mark, labFolder);
  while (found.length > 0 && performance.now() < deadline) {
    await pause(500);
    found = leftovers(mark, labFolder);
  }
  return found;
}

function leftovers(mark: string, labFolder: string): string[] {
  const processes = leftProcesses(mark, labFolder).map(({ pid, command }) => `process ${pid}: ${command}`);
  const mounts = mountPoints().filter((path) => path.startsWith(`${labFolder}/`));
  const loops = loopDevices().filter(({ file }) => file.startsWith(`${labFolder}/`));
  return [
    ...processes,
    ...mounts.map((path) => `mount: ${path}`),
    ...loops.map(({ name, file }) => `loop device ${name}: ${file}`),
  ];
}

function leftProcesses(mark: string, labFolder: string): Process[] {
  const all = allProcesses();
  const callers = callersOf(process.pid, all);
  const processes = all.filter(({ pid }) => !callers.has(pid));
  const isMarked = (one: Process): boolean =>
    one.environment.includes(`${runMark}=${mark}`) ||
    names(one.command, labFolder) ||
    names(one.directory, labFolder);
  const ours = new Set(namespacesOf("self"));
  const made = new Set(
    processes
      .filter(isMarked)
      .flatMap(({ namespaces }) => namespaces)
      .filter((namespace) => !ours.has(namespace)),
  );
  return processes.filter((one) => isMarked(one) || one.namespaces.some((namespace) => made.has(namespace)));
}

/** The folder itself or what is below it; another one beside it may be called the same and more. */
function names(text: string, folder: string): boolean {
  return text
    .split(folder)
    .slice(1)
    .some((rest) => !/^[\w.-]/.test(rest));
}

/** This process and who started it: they may well name the folder, as `--dir` does. */
function callersOf(pid: number, all: readonly Process[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && !found.has(at);) {
    found.add(at);
    at = all.find((one) => one.pid === at)?.parent;
  }
  return found;
}

function allProcesses(): Process[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({
    pid: Number(pid),
    parent: Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0),
    command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim(),
    environment: read(`/proc/${pid}/environ`),
    directory: link(`/proc/${pid}/cwd`),
    namespaces: namespacesOf(pid),
  }));
}

function namespacesOf(pid: string): string[] {
  return ["net", "pid", "mnt"].map((kind) => link(`/proc/${pid}/ns/${kind}`)).filter((name) => name !== "");
}

function mountPoints(): string[] {
  const lines = read("/proc/self/mountinfo").split("\n");
  return lines.map((line) => line.split(" ")[4] ?? "");
}

function loopDevices(): { name: string; file: string }[] {
  if (!existsSync("/sys/block")) return [];
  const names = readdirSync("/sys/block").filter((name) => name.startsWith("loop"));
  return names
    .map((name) => ({ name, file: read(join("/sys/block", name, "loop/backing_file")).trim() }))
    .filter(({ file }) => file !== "");
}

/** Processes end while we look at them: what can't be read any more is empty. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
