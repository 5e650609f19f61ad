// SPDX-License-Identifier: Apache-2.0
/**
 * Stops every process of a host at once, and lets exactly those go on again. A control group (version 2) does
 * it whole: processes born meanwhile are stopped too, and a QEMU that Gemel itself has paused with SIGSTOP
 * (R15) stays paused after the thaw. Where no such group can be made, signals do it, and the processes that
 * were stopped before are remembered in a file so that the thaw leaves them alone.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../wait.js";
import { labTag } from "./folders.js";
import { processesBeside } from "./processes.js";

/** A process in an uninterruptible wait freezes only when that ends: then it does nothing anyway. */
const freezeLimitMs = 5_000;
const goneLimitMs = 5_000;

function unifiedMount(): string | undefined {
  const line = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((text) => text.includes(" - cgroup2 "));
  return line?.split(" ")[4];
}

export class Freezer {
  readonly #group: string | undefined;
  readonly #rememberedPath: string;

  constructor(dir: string, host: string) {
    const mount = unifiedMount();
    this.#group = mount === undefined ? undefined : join(mount, labTag(dir), host);
    this.#rememberedPath = join(dir, host, "frozen.json");
  }

  /** Makes the group; gives the words to put before a command so that it joins it. */
  joining(): string[] {
    if (this.#group === undefined) return [];
    try {
      mkdirSync(this.#group, { recursive: true });
    } catch {
      return []; // Read-only control groups (some containers): signals will have to do.
    }
    return ["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', join(this.#group, "cgroup.procs")];
  }

  get isFrozen(): boolean {
    if (this.#usesGroup())
      return readFileSync(join(this.#group ?? "", "cgroup.freeze"), "utf8").trim() === "1";
    return existsSync(this.#rememberedPath);
  }

  async freeze(pid: number): Promise<void> {
    if (!this.#usesGroup()) {
      await this.#freezeBySignals(pid);
      return;
    }
    writeFileSync(join(this.#group ?? "", "cgroup.freeze"), "1");
    const stopped = (): boolean =>
      readFileSync(join(this.#group ?? "", "cgroup.events"), "utf8").includes("frozen 1") ||
      processesBeside(pid).every((entry) => entry.state !== "R");
    await waitFor("every process of the host to be frozen", stopped, freezeLimitMs);
  }

  thaw(): void {
    if (this.#usesGroup()) {
      writeFileSync(join(this.#group ?? "", "cgroup.freeze"), "0");
      return;
    }
    if (!existsSync(this.#rememberedPath)) return;
    for (const pid of JSON.parse(readFileSync(this.#rememberedPath, "utf8")) as number[])
      signal(pid, "SIGCONT");
    rmSync(this.#rememberedPath);
  }

  /** Forgets the group; its processes must be gone, or about to be. */
  async remove(): Promise<void> {
    rmSync(this.#rememberedPath, { force: true });
    const group = this.#group;
    if (group === undefined) return;
    // The folder of the lab's groups goes with the last host's.
    for (const path of [group, join(group, "..")]) {
      if (hasSubfolders(path)) continue;
      await waitFor(`${path} to be empty`, () => removed(path), goneLimitMs);
    }
  }

  #usesGroup(): boolean {
    return this.#group !== undefined && existsSync(join(this.#group, "cgroup.freeze"));
  }

  async #freezeBySignals(pid: number): Promise<void> {
    const ours = new Set<number>();
    const stopAll = (): boolean => {
      const moving = processesBeside(pid).filter((entry) => entry.state !== "T" && !ours.has(entry.pid));
      for (const entry of moving) {
        signal(entry.pid, "SIGSTOP");
        ours.add(entry.pid);
      }
      return moving.length === 0;
    };
    await waitFor("every process of the host to be stopped", stopAll, freezeLimitMs);
    writeFileSync(this.#rememberedPath, JSON.stringify([...ours]));
  }
}

function hasSubfolders(path: string): boolean {
  return existsSync(path) && readdirSync(path, { withFileTypes: true }).some((entry) => entry.isDirectory());
}

/** A group that still has a process, even one that is just ending, throws EBUSY here. */
function removed(path: string): true {
  if (existsSync(path)) rmdirSync(path);
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
