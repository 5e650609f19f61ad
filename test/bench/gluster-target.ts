// SPDX-License-Identifier: Apache-2.0
// GlusterFS replica 2: both bricks on this machine's disk, with the settings that its project recommends
// for virtual machine images (its group "virt"). strict-o-direct keeps its write-behind from answering
// before the bricks have.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { waitFor } from "../lab/wait.js";
import { directFile } from "./raw-target.js";
import { diskBytes, type RunningTarget, type Target } from "./work.js";

/** glusterd refuses loopback addresses; this one is added to the bench's own loopback interface. */
const address = "10.99.0.1";
const volume = "bench";

const settings: readonly (readonly [string, string])[] = [
  ["performance.quick-read", "off"],
  ["performance.read-ahead", "off"],
  ["performance.io-cache", "off"],
  ["performance.low-prio-threads", "32"],
  ["performance.strict-o-direct", "on"],
  ["network.remote-dio", "disable"],
  ["cluster.eager-lock", "enable"],
  ["cluster.data-self-heal-algorithm", "full"],
  ["cluster.locking-scheme", "granular"],
  ["client.event-threads", "4"],
  ["server.event-threads", "4"],
  ["performance.client-io-threads", "on"],
];

class Volume {
  readonly commands: string[] = [];
  #daemon: ChildProcess | undefined;

  constructor(private readonly dir: string) {}

  gluster(...argv: string[]): void {
    this.commands.push(`gluster ${argv.join(" ").replaceAll(this.dir, ".")}`);
    execFileSync("gluster", ["--mode=script", ...argv], { stdio: "pipe" });
  }

  async start(): Promise<string> {
    for (const folder of ["etc", "brick1", "brick2", "mnt"])
      mkdirSync(join(this.dir, folder), { recursive: true });
    execFileSync("ip", ["address", "replace", `${address}/32`, "dev", "lo"]);
    execFileSync("mount", ["--bind", join(this.dir, "etc"), "/var/lib/glusterd"]);
    this.#daemon = spawn("glusterd", ["--no-daemon"], { stdio: "ignore" });
    await waitFor("glusterd", () => this.#answers(), 20_000);
    const bricks = ["brick1", "brick2"].map((brick) => `${address}:${join(this.dir, brick, "data")}`);
    this.gluster("volume", "create", volume, "replica", "2", ...bricks, "force");
    for (const [key, value] of settings) this.gluster("volume", "set", volume, key, value);
    this.gluster("volume", "start", volume);
    const mount = join(this.dir, "mnt");
    await waitFor("the gluster mount", () => this.#mounted(mount), 20_000);
    return mount;
  }

  #answers(): boolean {
    execFileSync("gluster", ["--mode=script", "volume", "list"], { stdio: "pipe" });
    return true;
  }

  #mounted(mount: string): boolean {
    execFileSync(
      "mount",
      ["-t", "glusterfs", "-o", "direct-io-mode=enable", `${address}:/${volume}`, mount],
      { stdio: "pipe" },
    );
    return readFileSync("/proc/mounts", "utf8").includes(mount);
  }

  async stop(): Promise<void> {
    for (const argv of [
      ["umount", join(this.dir, "mnt")],
      ["gluster", "--mode=script", "volume", "stop", volume, "force"],
      ["pkill", "-KILL", "-f", "glusterfs"],
    ]) {
      try {
        execFileSync(argv[0] as string, argv.slice(1), { stdio: "pipe" });
      } catch {
        // What is not there any more needs no stopping.
      }
    }
    this.#daemon?.kill("SIGKILL");
    await waitFor(
      "glusterd's end",
      () => this.#daemon === undefined || this.#daemon.signalCode !== null || this.#daemon.exitCode !== null,
      5000,
    );
  }
}

export const glusterTarget: Target = {
  name: "gluster",
  missing() {
    for (const program of ["/usr/sbin/glusterd", "/usr/sbin/mount.glusterfs"]) {
      if (!existsSync(program))
        return `${program} is not installed (packages glusterfs-server, glusterfs-client)`;
    }
    return undefined;
  },
  async start(dir: string): Promise<RunningTarget> {
    const running = new Volume(dir);
    try {
      const mount = await running.start();
      const disk = join(mount, "disk.raw");
      execFileSync("truncate", ["-s", String(diskBytes), disk]);
      return { fio: directFile(disk), commands: running.commands, processes: [], stop: () => running.stop() };
    } catch (failure) {
      await running.stop();
      throw failure;
    }
  },
};
