// SPDX-License-Identifier: Apache-2.0
/**
 * A lab: virtual hosts on one machine and the networks between them, for the demo, the tests and play.
 *
 * Everything that runs is found by what it is (processes.ts), so any process can open a lab that another
 * one brought up, and `down` removes one whose owner was killed half way. On disk is only what cannot be
 * seen from outside: options, cuts and delays. A lab brought up by a test belongs to that test's process:
 * when that is gone, the next `up` in the same folder removes what is left; a lab brought up by hand stays
 * until `down`.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demandFreeAddresses } from "./console/relay.js";
import { LabHost } from "./host.js";
import type { HostOptions, HostState } from "./host.js";
import { labFolder } from "./machine/folders.js";
import { Networks, hostNames, networkNames } from "./network.js";
import type { HostName, NetworkName, NetworkState } from "./network.js";
import { waitFor } from "./wait.js";

export type LabOptions = Partial<HostOptions> & {
  readonly dir?: string;
  readonly hosts?: readonly HostName[];
  /** Keep the disks and settings of an earlier lab in this folder. */
  readonly keep?: boolean;
  /** True for a lab that shall outlive this process. */
  readonly stays?: boolean;
};

export type LabStatus = {
  readonly format: 1;
  readonly dir: string;
  readonly up: boolean;
  readonly networks: Record<NetworkName, NetworkState>;
  readonly hosts: readonly {
    readonly name: HostName;
    readonly state: HostState;
    readonly pid: number | null;
    readonly addresses: Record<NetworkName, string>;
    /** From this machine; null: not asked for, or none there. */
    readonly console: string | null;
    readonly guests: readonly string[];
    readonly daemon: boolean;
  }[];
};

type StoredLab = {
  readonly format: 1;
  readonly options: HostOptions;
  readonly hosts: readonly HostName[];
  readonly owner: { readonly pid: number; readonly begin: string } | null;
  readonly networks: Record<NetworkName, NetworkState>;
};

/** Room for two modules of the demo and their kept copies, two disks within the 6 GiB that a lab may take. */
const sizeMiBDefault = 2048;
const sizeMiBMax = 3072;
/** xfs refuses less. */
const sizeMiBMin = 320;

const nothingDone = (): NetworkState => ({ cut: false, oneWay: [], slowMs: 0 });

export class Lab {
  readonly dir: string;
  readonly networks: Networks;
  #stored: StoredLab;
  readonly #hosts: ReadonlyMap<HostName, LabHost>;

  private constructor(dir: string, stored: StoredLab) {
    this.dir = dir;
    this.#stored = stored;
    this.networks = new Networks(dir);
    const around = {
      dir,
      options: stored.options,
      networks: this.networks,
      networkStates: () => this.#stored.networks,
    };
    this.#hosts = new Map(stored.hosts.map((name) => [name, new LabHost(name, around)]));
  }

  /** Brings up a new lab; throws if one is up in the folder that is not a dead process's. */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const dir = labFolder(options.dir);
    const before = Lab.find(dir);
    if (before !== undefined) {
      if (before.isUp && !before.#isOrphan()) {
        throw new Error(
          `a lab is up in ${dir} already: take it down first (npm run lab -- down --dir ${dir})`,
        );
      }
      await before.down({ keep: options.keep === true });
    }
    const stored = newStored(options);
    if (stored.options.console) await demandFreeAddresses(stored.hosts);
    if (options.keep !== true)
      for (const host of hostNames) rmSync(join(dir, host), { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const lab = new Lab(dir, stored);
    lab.#save();
    try {
      await lab.networks.up();
      await Promise.all([...lab.#hosts.values()].map((host) => host.boot()));
    } catch (error) {
      await lab.down({ keep: true });
      throw error;
    }
    return lab;
  }

  /** The lab in a folder, whoever brought it up. */
  static open(dir?: string): Lab {
    const lab = Lab.find(dir);
    if (lab === undefined)
      throw new Error(`no lab in ${labFolder(dir)}: bring one up first (npm run lab -- up)`);
    return lab;
  }

  /** The same, or nothing. */
  static find(folder?: string): Lab | undefined {
    const dir = labFolder(folder);
    const path = join(dir, "state.json");
    if (!existsSync(path)) return undefined;
    const stored = JSON.parse(readFileSync(path, "utf8")) as { format: number };
    if (stored.format !== 1) throw new Error(`${path} has format ${stored.format}; this lab knows only 1`);
    return new Lab(dir, stored as StoredLab);
  }

  get isUp(): boolean {
    return this.networks.switchPid !== undefined || this.hosts.some((host) => host.pid !== undefined);
  }

  get hosts(): LabHost[] {
    return [...this.#hosts.values()];
  }

  host(name: HostName): LabHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`this lab has no host ${name}`);
    return host;
  }

  /** Cuts a network for everybody, or one way only: `to` no longer hears `from`. */
  async cut(
    network: NetworkName,
    options: { readonly oneWay?: readonly [HostName, HostName] } = {},
  ): Promise<void> {
    const state = this.#stored.networks[network];
    if (options.oneWay === undefined) {
      await this.#change(network, { ...state, cut: true });
      return;
    }
    const [from, to] = options.oneWay;
    const others = state.oneWay.filter((cut) => cut.from !== from || cut.to !== to);
    await this.#change(network, { ...state, oneWay: [...others, { from, to }] });
  }

  /** Undoes every cut of a network; a delay stays. */
  async heal(network: NetworkName): Promise<void> {
    await this.#change(network, { ...this.#stored.networks[network], cut: false, oneWay: [] });
  }

  /** Delays every frame by so much each way; 0 ends it. */
  async slow(network: NetworkName, ms: number): Promise<void> {
    if (!(ms >= 0 && ms <= 10_000)) throw new Error(`a delay is 0 to 10000 ms, not ${ms}`);
    await this.#change(network, { ...this.#stored.networks[network], slowMs: ms });
  }

  status(): LabStatus {
    const hosts = this.hosts.map((host) => ({
      name: host.name,
      state: host.state,
      pid: host.pid ?? null,
      addresses: { data: host.address("data"), heart: host.address("heart") },
      console: host.consoleUrl ?? null,
      guests: runningGuests(host),
      daemon: host.processes().some((entry) => entry.argv[1]?.endsWith("/dist/core/main.js") === true),
    }));
    return { format: 1, dir: this.dir, up: this.isUp, networks: this.#stored.networks, hosts };
  }

  /**
   * Ends everything, in whatever state it is; the logs stay, the disks go unless they are to be kept. Doing
   * it twice does no harm.
   */
  async down(options: { readonly keep?: boolean } = {}): Promise<void> {
    await Promise.all(this.hosts.map(async (host) => await host.sweep()));
    this.networks.down();
    await waitFor("the switch to be off", () => this.networks.switchPid === undefined, 5_000);
    if (options.keep === true) return;
    for (const host of this.hosts) host.removeDisk();
    rmSync(join(this.dir, "state.json"), { force: true });
  }

  #isOrphan(): boolean {
    const owner = this.#stored.owner;
    return owner !== null && beginOf(owner.pid) !== owner.begin;
  }

  async #change(network: NetworkName, state: NetworkState): Promise<void> {
    this.#stored = { ...this.#stored, networks: { ...this.#stored.networks, [network]: state } };
    this.#save();
    await this.networks.apply(network, state);
    for (const host of this.hosts) if (host.state === "up") await host.applyFilter();
  }

  #save(): void {
    const path = join(this.dir, "state.json");
    writeFileSync(`${path}.new`, `${JSON.stringify(this.#stored, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  }
}

function newStored(options: LabOptions): StoredLab {
  const sizeMiB = options.sizeMiB ?? sizeMiBDefault;
  if (!(sizeMiB >= sizeMiBMin && sizeMiB <= sizeMiBMax)) {
    throw new Error(`a host's disk is ${sizeMiBMin} to ${sizeMiBMax} MiB, not ${sizeMiB}`);
  }
  return {
    format: 1,
    options: {
      fs: options.fs ?? "ext4",
      sizeMiB,
      console: options.console === true,
      qemu: options.qemu ?? "root",
    },
    hosts: options.hosts ?? hostNames,
    owner: options.stays === true ? null : { pid: process.pid, begin: beginOf(process.pid) ?? "" },
    networks: Object.fromEntries(networkNames.map((name) => [name, nothingDone()])) as StoredLab["networks"],
  };
}

/** When a process began, in the kernel's ticks: with its number it names one process for ever. */
function beginOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}

/** From the processes, not from libvirtd, which may be frozen or dead. */
function runningGuests(host: LabHost): string[] {
  const names = host.processes().map(({ argv }) => {
    if (argv[0]?.includes("qemu-system-") !== true) return undefined;
    return /^guest=([^,]*(?:,,[^,]*)*)/
      .exec(argv[argv.indexOf("-name") + 1] ?? "")?.[1]
      ?.replaceAll(",,", ",");
  });
  return names.filter((name) => name !== undefined);
}
