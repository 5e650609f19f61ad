// SPDX-License-Identifier: Apache-2.0
/**
 * A virtual host: namespaces around a process 1 (machine/init.sh), with its own disk, /etc, /run, libvirtd
 * and Gemel daemon. The host's file tree is the machine's with the folders named in init.sh replaced.
 *
 *   off ──boot──> up ──freeze──> frozen ──thaw──> up
 *    ^             │ crash: Gemel and QEMU are gone, the host stays
 *    └─kill────────┤ (links down first, then everything at once: no FIN, no RST leaves)
 *    └─shutdown────┘ (modules stop with goodbye, guests, libvirtd, off)
 *
 * What a power-off here does not do: the machine's page cache survives, so it proves a host's death, not a
 * power cut's loss of unflushed writes (the engine simulator does that).
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { join } from "node:path";
import { consoleUrl, startRelay } from "./console/relay.js";
import { makeHostFiles } from "./host-files.js";
import type { QemuVariant } from "./libvirt.js";
import { abortConnections, fuseConnectionsOf } from "./machine/fuse.js";
import { Freezer } from "./machine/freezer.js";
import { killGroup, must, run, start } from "./machine/command.js";
import type { CommandOptions, CommandResult } from "./machine/command.js";
import { labSourcePath, repositoryPath } from "./machine/folders.js";
import {
  allProcesses,
  isAlive,
  namespacesOf,
  processesBeside,
  processesInNamespaces,
} from "./machine/processes.js";
import type { ProcessEntry } from "./machine/processes.js";
import { detachLoops, loopsOf, makeVolume } from "./machine/volume.js";
import type { FileSystem } from "./machine/volume.js";
import { addressOf } from "./network.js";
import type { HostName, NetworkName, NetworkState, Networks } from "./network.js";
import { waitFor } from "./wait.js";

export type HostOptions = {
  readonly fs: FileSystem;
  readonly sizeMiB: number;
  /** The consoles are reachable from the machine itself (console/relay.ts). */
  readonly console: boolean;
  /** As which user QEMU runs, and who sees to the owners of its files. */
  readonly qemu: QemuVariant;
};

export type BootOptions = {
  /** False leaves the data disk unmounted (volume-not-mounted-at-boot). */
  readonly volume?: boolean;
  /** False keeps the Gemel daemon away until startDaemon(). */
  readonly daemon?: boolean;
};

export type HostState = "off" | "up" | "frozen";

/** What a host needs of its lab. */
export type HostSurroundings = {
  readonly dir: string;
  readonly options: HostOptions;
  readonly networks: Networks;
  readonly networkStates: () => Record<NetworkName, NetworkState>;
};

const initPath = join(labSourcePath, "machine", "init.sh");
/** mkfs, mounts and the first start of libvirtd, which asks QEMU what it can do, on a busy machine. */
const bootLimitMs = 60_000;
const goneLimitMs = 20_000;
/** After this the FUSE connections of a killed host are aborted: somebody waits on one that nobody serves. */
const abortAfterMs = 3_000;
/** The modules' 130 s, the daemon's, the guests' and libvirtd's 20 s each (init.sh) come before. */
const shutdownLimitMs = 210_000;
const daemonProgram = join(repositoryPath, "dist", "core", "main.js");
const daemonHeldOff = "/run/gemel-lab/no-daemon";
const pathInHost = "/run/gemel-lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export class LabHost {
  readonly name: HostName;
  /** Gamma has only networks: room for an arbiter. */
  readonly isBare: boolean;
  /** The Gemel daemon's output; inside the host it is /var/log/gemel/gemel.log. */
  readonly logPath: string;
  readonly #around: HostSurroundings;
  readonly #home: string;
  readonly #freezer: Freezer;

  constructor(name: HostName, around: HostSurroundings) {
    this.name = name;
    this.isBare = name === "gamma";
    this.#around = around;
    this.#home = join(around.dir, name);
    this.logPath = join(this.#home, "files", "var", "log", "gemel", "gemel.log");
    this.#freezer = new Freezer(around.dir, name);
  }

  /** Process 1 of the host, seen from outside. */
  get pid(): number | undefined {
    const ours = ({ argv, innerPid }: ProcessEntry): boolean =>
      innerPid === 1 && argv[1] === initPath && argv[2] === this.#around.dir && argv[3] === this.name;
    return allProcesses().find(ours)?.pid;
  }

  get state(): HostState {
    if (this.pid === undefined) return "off";
    return this.#freezer.isFrozen ? "frozen" : "up";
  }

  address(network: NetworkName): string {
    return addressOf(this.name, network);
  }

  /** Where a browser on this machine finds the host's console; undefined: the lab was not asked for it. */
  get consoleUrl(): string | undefined {
    return this.#around.options.console ? consoleUrl(this.name) : undefined;
  }

  get volumePath(): string {
    return join(this.#home, "volume.img");
  }

  /** Where guests' serial output lies, host up or not; inside the host it is /var/log/libvirt/guests. */
  get serialPath(): string {
    return join(this.#home, "serial");
  }

  /** A path of the host as the machine outside reaches it. The host must be up. */
  path(inside: string): string {
    return join(`/proc/${this.#mustBeUp()}/root`, inside);
  }

  processes(): ProcessEntry[] {
    const pid = this.pid;
    return pid === undefined ? [] : processesBeside(pid);
  }

  async boot(options: BootOptions = {}): Promise<void> {
    if (this.pid !== undefined) throw new Error(`${this.name} is up already`);
    makeHostFiles(this.#around.dir, this.name, this.#around.options.qemu);
    const volume = !this.isBare && options.volume !== false;
    if (!this.isBare)
      await makeVolume(this.volumePath, this.#around.options.fs, this.#around.options.sizeMiB);
    if (volume) await waitFor(`the disk of ${this.name} to be free`, () => this.#diskIsFree(), goneLimitMs);
    const services = this.isBare ? "no" : options.daemon === false ? "without-daemon" : "yes";
    const child = this.#startInit(volume ? "yes" : "no", services);
    try {
      const pid = await waitFor(`${this.name} to have a process 1`, () => this.pid, bootLimitMs);
      await this.#around.networks.plug(this.name, pid, this.#around.networkStates());
      await this.applyFilter();
      if (this.consoleUrl !== undefined) await this.#showConsole(pid);
      child.stdin?.write("go\n");
      await this.#waitUntilUp();
    } catch (error) {
      const log = readFileSync(join(this.#home, "log", "init.log"), "utf8")
        .split("\n")
        .slice(-6)
        .join("\n");
      await this.kill();
      throw new Error(`${this.name} did not come up: ${String(error)}\n${log}`, { cause: error });
    } finally {
      child.stdin?.end();
      child.unref();
    }
  }

  /** Power off: the links go first, so that no FIN and no RST of the dying processes gets out. */
  async kill(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    if (this.#around.networks.switchPid !== undefined)
      await this.#around.networks.linksDown(this.name).catch(() => {
        // Not plugged in yet: nothing to pull.
      });
    const connections = fuseConnectionsOf(pid);
    const namespaces = namespacesOf(pid);
    process.kill(pid, "SIGKILL");
    // The frozen die, but what waits outside for process 1 (unshare) is frozen with them.
    this.#freezer.thaw();
    await this.#waitUntilGone(namespaces, connections);
  }

  /** The host's Gemel and QEMU processes die at once; links, libvirtd and the host itself stay. */
  async crash(): Promise<void> {
    const victims = (): ProcessEntry[] => this.processes().filter(isGemelOrQemu);
    const first = victims();
    for (const entry of first) signal(entry.pid, "SIGKILL");
    const left = (): boolean => !victims().some((entry) => first.some((before) => before.pid === entry.pid));
    await waitFor(`the Gemel and QEMU processes of ${this.name} to be gone`, left, goneLimitMs);
  }

  /** The daemon dies; the host's init starts it again. Guests and mirror processes go on. */
  async killDaemon(): Promise<void> {
    await this.#killService(daemonProgram, "SIGKILL");
  }

  /** The daemon dies and stays away until startDaemon(). */
  async stopDaemon(): Promise<void> {
    writeFileSync(this.path(daemonHeldOff), "");
    await this.killDaemon();
  }

  startDaemon(): void {
    rmSync(this.path(daemonHeldOff), { force: true });
  }

  /** libvirtd ends and is started again, as by an update of its package; its guests go on. */
  async restartLibvirtd(): Promise<void> {
    await this.#killService("libvirtd", "SIGTERM");
    await this.#waitUntilUp();
  }

  /** Orderly: modules stop with goodbye, then guests, libvirtd, off. */
  async shutdown(): Promise<void> {
    const pid = this.#mustBeUp();
    const connections = fuseConnectionsOf(pid);
    const namespaces = namespacesOf(pid);
    process.kill(pid, "SIGTERM");
    await waitFor(`${this.name} to shut down`, () => this.pid === undefined, shutdownLimitMs);
    await this.#waitUntilGone(namespaces, connections);
  }

  /** Stops every process. Its frames are dropped both ways with the carrier left on, unless links stay up. */
  async freeze(options: { readonly linksUp?: boolean } = {}): Promise<void> {
    const pid = this.#mustBeUp();
    if (options.linksUp !== true) {
      await this.#around.networks.filter(this.name, pid, this.#around.networkStates(), true);
    }
    await this.#freezer.freeze(pid);
  }

  async thaw(): Promise<void> {
    this.#mustBeUp();
    await this.applyFilter();
    this.#freezer.thaw();
  }

  /** Makes one-way cuts what the lab's state says. */
  async applyFilter(): Promise<void> {
    const pid = this.#mustBeUp();
    await this.#around.networks.filter(this.name, pid, this.#around.networkStates(), false);
  }

  /** Runs a command in the host; its environment holds only what a login would. */
  async exec(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await run(this.#entering(argv, options.env), {
      timeoutMs: options.timeoutMs ?? 30_000,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  }

  /** Like exec, for a command that must succeed: gives what it printed. */
  async must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { env, ...rest } = options;
    return await must(this.#entering(argv, env), rest);
  }

  /** Begins a command in the host; `stop` ends it with all its children. */
  spawn(argv: readonly string[], stdio: StdioOptions = "pipe"): { child: ChildProcess; stop: () => void } {
    const child = start(this.#entering(argv), stdio);
    return { child, stop: () => killGroup(child) };
  }

  async gemel(...args: string[]): Promise<CommandResult> {
    return await this.exec(["gemel", ...args], { timeoutMs: 120_000 });
  }

  async virsh(...args: string[]): Promise<CommandResult> {
    return await this.exec(["virsh", "-c", "qemu:///system", ...args]);
  }

  /** The words to put before a command so that it runs in the host, frozen with it. */
  #entering(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
    const pid = this.#mustBeUp();
    const into = ["nsenter", "-t", String(pid), "-m", "-u", "-i", "-n", "-p", "--wd=/", "--"];
    const clean = {
      PATH: pathInHost,
      HOME: "/root",
      LANG: "C.UTF-8",
      TERM: process.env["TERM"] ?? "dumb",
      ...env,
    };
    const environment = ["env", "-i", ...Object.entries(clean).map(([name, value]) => `${name}=${value}`)];
    return [...this.#freezer.joining(), ...into, ...environment, ...argv];
  }

  /** Detaches what a crashed lab may have left of this host. */
  async sweep(): Promise<void> {
    await this.kill();
    await detachLoops(this.volumePath);
    await this.#freezer.remove();
  }

  removeDisk(): void {
    rmSync(this.volumePath, { force: true });
  }

  async #killService(program: string, name: NodeJS.Signals): Promise<void> {
    const running = this.processes().filter(({ argv }) => argv[0] === program || argv[1] === program);
    for (const entry of running) signal(entry.pid, name);
    const gone = (): boolean => running.every((entry) => !isAlive(entry.pid));
    await waitFor(`${program} of ${this.name} to end`, gone, goneLimitMs);
  }

  #mustBeUp(): number {
    const pid = this.pid;
    if (pid === undefined) throw new Error(`${this.name} is off: boot it first`);
    return pid;
  }

  #startInit(volume: string, services: string): ChildProcess {
    const log = openSync(join(this.#home, "log", "init.log"), "a");
    const init = ["/bin/bash", initPath, this.#around.dir, this.name, repositoryPath, process.execPath];
    const apart = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--fork"];
    const argv = [...this.#freezer.joining(), ...apart, ...init, volume, services];
    try {
      return start(argv, ["pipe", log, log], { PATH: pathInHost });
    } finally {
      closeSync(log);
    }
  }

  async #showConsole(pid: number): Promise<void> {
    await startRelay({
      name: this.name,
      pid,
      target: this.address("data"),
      labFolder: this.#around.dir,
      joining: this.#freezer.joining(),
    });
  }

  async #waitUntilUp(): Promise<void> {
    if (this.isBare) return;
    const answers = async (): Promise<boolean> => (await this.virsh("version")).code === 0;
    await waitFor(`libvirtd of ${this.name} to answer`, answers, bootLimitMs);
  }

  async #diskIsFree(): Promise<boolean> {
    return (await loopsOf(this.volumePath)).length === 0;
  }

  async #waitUntilGone(namespaces: readonly string[], connections: readonly string[]): Promise<void> {
    const begin = performance.now();
    let aborted = false;
    const gone = async (): Promise<boolean> => {
      if (processesInNamespaces(namespaces).length === 0 && (await this.#diskIsFree())) return true;
      if (!aborted && performance.now() - begin > abortAfterMs) {
        aborted = true;
        await abortConnections(connections);
      }
      return false;
    };
    const left = (): string =>
      processesInNamespaces(namespaces)
        .map((entry) => `${entry.pid} (${entry.state}) ${entry.argv.join(" ")}`)
        .join("; ");
    await waitFor(`every process and mount of ${this.name} to be gone`, gone, goneLimitMs, left);
    // The kernel takes down the network namespace later, in the background: the names are needed at the
    // next boot.
    if (this.#around.networks.switchPid !== undefined) await this.#around.networks.unplug(this.name);
  }
}

function isGemelOrQemu(entry: ProcessEntry): boolean {
  const built = join(repositoryPath, "dist");
  return (
    entry.argv[0]?.includes("qemu-system-") === true ||
    entry.argv.some((word) => word.startsWith(`${built}/`))
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
