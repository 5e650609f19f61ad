// SPDX-License-Identifier: Apache-2.0
/**
 * The pair that demo and end-to-end tests work with: a lab, one cluster over its two hosts, guests
 * protected crossed (cam1 at home on alpha, bms1 on beta). Gemel is used as an operator would: through its
 * CLI, nothing else.
 */
import { existsSync } from "node:fs";
import type { ClusterReply, Figures, ModuleOnNode, ModuleStatus, Status } from "../../core/api/contract.js";
import { Guest, guestHomes } from "../lab/guest.js";
import type { GuestOptions } from "../lab/guest.js";
import type { LabHost } from "../lab/host.js";
import { Lab } from "../lab/lab.js";
import type { LabOptions } from "../lab/lab.js";
import { waitFor } from "../lab/wait.js";

export type ModuleName = keyof typeof guestHomes;
export type NodeName = "alpha" | "beta";

export const nodeNames: readonly NodeName[] = ["alpha", "beta"];
export const otherNode = (node: NodeName): NodeName => (node === "alpha" ? "beta" : "alpha");
export const homeOf = (module: ModuleName): NodeName => guestHomes[module] as NodeName;
/** Where a module's copy lies on each node. */
export const folderOf = (module: ModuleName): string => `/var/lib/gemel/vm/${module}`;
export const diskOf = (module: ModuleName): string => `${folderOf(module)}/${module}.raw`;

const daemonLimitMs = 30_000;
/** Lab guests run under TCG on two shared cores; a first copy is 64 MiB. */
export const readyLimitMs = 90_000;

/** Sums over modules, in bytes. */
export interface Resynced {
  readonly sent: number;
  readonly differing: number;
  /** Of the different ones: where only the peer had marked, a dead host's hot extents. */
  readonly hot: number;
}

export class Twins {
  readonly guests = new Map<ModuleName, Guest>();
  /** The console's first user, as the cluster's founding said it, once. */
  readonly administrator = { user: "admin", password: "" };

  constructor(readonly lab: Lab) {}

  /** Lab and cluster; no module yet. */
  static async up(options: LabOptions = {}): Promise<Twins> {
    const twins = new Twins(await Lab.up({ hosts: ["alpha", "beta"], ...options }));
    try {
      await Promise.all(nodeNames.map((node) => twins.#daemonAnswers(node)));
      const nets = ["--net", "data=10.77.1.0/24", "--net", "heart=10.77.2.0/24"];
      const init = ["cluster", "init", "--name", "lab", ...nets, ...twins.#consoleOption("alpha"), "--json"];
      const founded = JSON.parse(await twins.gemel("alpha", ...init)) as ClusterReply;
      twins.administrator.password = founded.password ?? "";
      const join = ["cluster", "join", founded.token ?? "", ...twins.#consoleOption("beta"), "--json"];
      await twins.gemel("beta", ...join);
      await waitFor("both nodes to reach each other", () => twins.#seeEachOther(), daemonLimitMs);
      await Promise.all(nodeNames.map((node) => twins.#letLibvirtCallTheHook(node)));
      return twins;
    } catch (failure) {
      await twins.lab.down();
      throw failure;
    }
  }

  host(node: NodeName): LabHost {
    return this.lab.host(node);
  }

  /** A CLI call that must succeed; gives what it printed. */
  async gemel(node: NodeName, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.host(node).gemel(...args);
    if (code === 0) return stdout;
    throw new Error(`gemel ${args.join(" ")} on ${node} ended with ${code}:\n${stdout}${stderr}`);
  }

  /** Status as one node gives it; its exit code tells health and is no failure. */
  async status(from: NodeName): Promise<Status> {
    const { stdout, stderr } = await this.host(from).gemel("status", "--json");
    if (stdout.trim() === "") throw new Error(`gemel status on ${from}: ${stderr}`);
    return JSON.parse(stdout) as Status;
  }

  async module(from: NodeName, id: ModuleName): Promise<ModuleStatus> {
    const found = (await this.status(from)).modules.find((module) => module.id === id);
    if (found === undefined) throw new Error(`${from} knows no module ${id}`);
    return found;
  }

  /** Waits until the module is as wanted, seen from `from`. */
  async until(
    from: NodeName,
    id: ModuleName,
    what: string,
    wanted: (module: ModuleStatus) => boolean,
    limitMs = readyLimitMs,
  ): Promise<ModuleStatus> {
    let last = "no status";
    const look = async (): Promise<ModuleStatus | undefined> => {
      const module = await this.module(from, id);
      last = JSON.stringify(module);
      return wanted(module) ? module : undefined;
    };
    return await waitFor(`${id} seen from ${from}: ${what}`, look, limitMs, () => last);
  }

  /** PRIM on `primary`, SECOND and up to date on the other. */
  async untilReady(id: ModuleName, primary: NodeName, limitMs = readyLimitMs): Promise<ModuleStatus> {
    const ready = (module: ModuleStatus): boolean =>
      on(module, primary).state === "PRIM" &&
      on(module, otherNode(primary)).state === "SECOND" &&
      module.protected;
    return await this.until(primary, id, `PRIM on ${primary} and protected`, ready, limitMs);
  }

  async untilState(
    node: NodeName,
    id: ModuleName,
    state: string,
    limitMs = readyLimitMs,
  ): Promise<ModuleStatus> {
    return await this.until(
      node,
      id,
      `${state} on ${node}`,
      (module) => on(module, node).state === state,
      limitMs,
    );
  }

  /** A guest at its home that Gemel does not know yet; the VM is off. */
  async define(id: ModuleName, options: Partial<GuestOptions> = {}): Promise<Guest> {
    const guest = await Guest.create(this.lab, { name: id, home: homeOf(id), ...options });
    this.guests.set(id, guest);
    return guest;
  }

  /** Defines a guest at its home and protects it; the VM is off until the module starts it. */
  async protect(id: ModuleName, options: Partial<GuestOptions> = {}): Promise<Guest> {
    const guest = await this.define(id, options);
    await this.gemel(homeOf(id), "protect", id, "--module", id, "--json");
    return guest;
  }

  /** Protected, started, ready on both nodes, and its guest acknowledges. */
  async protectAndRun(id: ModuleName, options: Partial<GuestOptions> = {}): Promise<Guest> {
    const guest = await this.protect(id, options);
    await this.untilReady(id, homeOf(id));
    await guest.waitForAcks(20, readyLimitMs);
    return guest;
  }

  /** Wherever the VM went: both copies up to date again, and the VM at home. */
  async goHome(id: ModuleName): Promise<void> {
    const home = homeOf(id);
    const isSettled = (module: ModuleStatus): boolean =>
      module.protected && module.nodes.some(({ state }) => state === "PRIM");
    const module = await this.until(home, id, "protected, wherever it runs", isSettled);
    if (on(module, home).state !== "PRIM") await this.gemel(home, "swap", id, "--timeout", "120");
    await this.untilReady(id, home);
  }

  guest(id: ModuleName): Guest {
    const guest = this.guests.get(id);
    if (guest === undefined) throw new Error(`no guest ${id} was made`);
    return guest;
  }

  /** Bytes that reintegrations have sent and found different since the mirrors on `node` started, in all. */
  async resynced(node: NodeName, modules: readonly ModuleName[]): Promise<Resynced> {
    const sum = { sent: 0, differing: 0, hot: 0 };
    for (const module of modules) {
      const { mirror } = JSON.parse(await this.gemel(node, "figures", module, "--json")) as Figures;
      sum.sent += mirror?.resyncBytesSent ?? 0;
      sum.differing += mirror?.resyncBytesDiffering ?? 0;
      sum.hot += mirror?.resyncBytesHot ?? 0;
    }
    return sum;
  }

  /** The guest goes on: `more` records are acknowledged after now. */
  async acknowledgesMore(id: ModuleName, more = 20, limitMs = 60_000): Promise<void> {
    const before = this.guest(id).acknowledged();
    const goes = (): boolean => this.guest(id).acknowledged() >= before + more;
    await waitFor(`guest ${id} to acknowledge ${more} more records after ${before}`, goes, limitMs, () =>
      this.guest(id).serial().split("\n").slice(-3).join(" | "),
    );
  }

  /** Every daemon's log and the last decisions, for the report of a failed run. */
  async diagnosis(): Promise<string> {
    const parts = await Promise.all(
      nodeNames.map(async (node) => {
        if (this.host(node).pid === undefined) return `${node}: off`;
        const log = await this.host(node).exec(["tail", "-n", "30", "/var/log/gemel/gemel.log"]);
        const told = await this.host(node).gemel("log");
        return `== ${node}\n${log.stdout}${told.stdout.split("\n").slice(-40).join("\n")}`;
      }),
    );
    return parts.join("\n");
  }

  async down(): Promise<void> {
    await this.lab.down();
  }

  /** A node says where its console is; a lab without consoles outside has only the networks' addresses. */
  #consoleOption(node: NodeName): readonly string[] {
    const url = this.host(node).consoleUrl;
    return url === undefined ? [] : ["--console", url];
  }

  async #daemonAnswers(node: NodeName): Promise<void> {
    const answers = async (): Promise<boolean> =>
      (await this.host(node).gemel("status", "--json")).code !== 4;
    await waitFor(`the Gemel daemon of ${node} to answer`, answers, daemonLimitMs);
  }

  /**
   * libvirtd reads which hooks exist when it starts (R32): doctor installs ours and says so, the operator
   * restarts it.
   */
  async #letLibvirtCallTheHook(node: NodeName): Promise<void> {
    await this.host(node).gemel("doctor");
    const hook = this.host(node).path("/etc/libvirt/hooks/qemu.d/gemel");
    await waitFor(`Gemel's hook on ${node}`, () => existsSync(hook), daemonLimitMs);
    await this.host(node).restartLibvirtd();
  }

  async #seeEachOther(): Promise<boolean> {
    const views = await Promise.all(nodeNames.map((node) => this.status(node)));
    return views.every((view) => view.nodes.length === 2 && view.nodes.every((node) => node.reachable));
  }
}

export function on(module: ModuleStatus, node: NodeName): ModuleOnNode {
  const found = module.nodes.find((each) => each.node === node);
  if (found === undefined) throw new Error(`module ${module.id} has no node ${node}`);
  return found;
}
