// SPDX-License-Identifier: Apache-2.0
/**
 * The networks between the hosts. A "switch" (one process that only holds a network namespace) has a bridge
 * per network; each host's cable is a veth pair, its end in the switch named HOST-NETWORK, in the host
 * NETWORK.
 *
 *   alpha [data 10.77.1.1]──alpha-data─┐            ┌─beta-data──[data 10.77.1.2] beta
 *                                      bridge "data" (or the hub, when the network is slow)
 *
 * - cut: the ends in the switch go down; the hosts lose carrier, as when the switch loses power.
 * - one way, and frozen hosts: nftables in the host's namespace drops frames; the carrier stays.
 * - slow: the bridge gives way to a user-space hub that delays every frame (hub.c).
 * Addresses live only inside the namespaces, so several labs can be up at once.
 */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { must, run, start } from "./machine/command.js";
import { compiledProgram } from "./machine/programs.js";
import { allProcesses } from "./machine/processes.js";
import { waitFor } from "./wait.js";

export const networkNames = ["data", "heart"] as const;
export type NetworkName = (typeof networkNames)[number];
export const hostNames = ["alpha", "beta", "gamma"] as const;
export type HostName = (typeof hostNames)[number];

/** What was done to a network by hand; it outlives the hosts' power-offs. */
export type NetworkState = {
  cut: boolean;
  oneWay: { from: HostName; to: HostName }[];
  slowMs: number;
};

const subnets: Record<NetworkName, number> = { data: 1, heart: 2 };

export function addressOf(host: HostName, network: NetworkName): string {
  return `10.77.${subnets[network]}.${hostNames.indexOf(host) + 1}`;
}

function hardwareAddressOf(host: HostName, network: NetworkName): string {
  return `02:77:00:00:0${subnets[network]}:0${hostNames.indexOf(host) + 1}`;
}

function portOf(host: HostName, network: NetworkName): string {
  return `${host}-${network}`;
}

export class Networks {
  readonly #dir: string;
  readonly #switchName: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.#switchName = `gemel-lab-switch ${dir}`;
  }

  /** The process that holds the switch's namespace, if the switch is on. */
  get switchPid(): number | undefined {
    return allProcesses().find((entry) => entry.argv[0] === this.#switchName)?.pid;
  }

  async up(): Promise<void> {
    const hold = `exec -a "$0" sleep infinity`;
    const child = start(["unshare", "--net", "bash", "-c", hold, this.#switchName], "ignore");
    child.unref();
    await waitFor("the switch to be on", () => this.switchPid, 5_000);
    const lines = networkNames.flatMap((name) => [`link add ${name} type bridge`, `link set ${name} up`]);
    await this.#switchIp(lines);
  }

  down(): void {
    for (const entry of this.#hubs()) process.kill(entry.pid, "SIGKILL");
    const pid = this.switchPid;
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  }

  /** Gives a host that has just got its namespaces its cables and addresses. */
  async plug(host: HostName, pid: number, states: Record<NetworkName, NetworkState>): Promise<void> {
    await this.unplug(host);
    await this.#switchIp(
      networkNames.map((name) => `link add ${portOf(host, name)} type veth peer name ${name} netns ${pid}`),
    );
    const inHost = networkNames.flatMap((name) => [
      `link set ${name} address ${hardwareAddressOf(host, name)}`,
      `addr add ${addressOf(host, name)}/24 dev ${name}`,
      `link set ${name} up`,
    ]);
    // A LAN for the guests, as a hypervisor host has it.
    inHost.push("link set lo up", "link add br0 type bridge", "link set br0 up");
    await must(["nsenter", "-t", String(pid), "-n", "ip", "-batch", "-"], { input: inHost.join("\n") });
    for (const name of networkNames) await this.apply(name, states[name]);
  }

  /** Pulls a host's cables out. */
  async unplug(host: HostName): Promise<void> {
    for (const name of networkNames) {
      const port = portOf(host, name);
      await this.#inSwitch(["ip", "link", "set", port, "down"]);
      await this.#inSwitch(["ip", "link", "del", port]);
    }
  }

  /** Both ends lose carrier at once; nothing that the dying host still says gets out. */
  async linksDown(host: HostName): Promise<void> {
    await this.#switchIp(networkNames.map((name) => `link set ${portOf(host, name)} down`));
  }

  /** Makes a network what its state says: cut or not, bridge or hub. */
  async apply(network: NetworkName, state: NetworkState): Promise<void> {
    for (const entry of this.#hubs(network)) process.kill(entry.pid, "SIGKILL");
    const ports = await this.#portsOf(network);
    const master = state.slowMs > 0 ? "nomaster" : `master ${network}`;
    await this.#switchIp(
      ports.flatMap((port) => [
        `link set ${port} ${master}`,
        `link set ${port} ${state.cut ? "down" : "up"}`,
      ]),
    );
    if (state.slowMs > 0 && ports.length > 0) await this.#startHub(network, state.slowMs, ports);
  }

  /** Sets what the host does not hear (one-way cuts), or, frozen, neither hears nor says. */
  async filter(
    host: HostName,
    pid: number,
    states: Record<NetworkName, NetworkState>,
    silent: boolean,
  ): Promise<void> {
    const chains = networkNames.flatMap((name) => {
      const deaf = states[name].oneWay.filter((cut) => cut.to === host).map((cut) => cut.from);
      const rules = silent
        ? ["drop"]
        : deaf.map((from) => `ether saddr ${hardwareAddressOf(from, name)} drop`);
      const hook = (way: string): string => `type filter hook ${way} device "${name}" priority -500;`;
      return [
        `chain in-${name} { ${hook("ingress")}\n${rules.join("\n")}\n}`,
        ...(silent ? [`chain out-${name} { ${hook("egress")}\ndrop\n}`] : []),
      ];
    });
    const table = "table netdev gemel_lab";
    const input = `${table} {}\ndelete ${table}\n${table} {\n${chains.join("\n")}\n}\n`;
    await must(["nsenter", "-t", String(pid), "-n", "nft", "-f", "-"], { input });
  }

  async #startHub(network: NetworkName, slowMs: number, ports: string[]): Promise<void> {
    const hub = await compiledProgram("machine/hub.c");
    const log = openSync(join(this.#dir, `hub-${network}.log`), "w");
    const where = ["nsenter", "-t", String(this.#mustBeOn()), "-n"];
    start([...where, hub, this.#dir, network, String(slowMs), ...ports], ["ignore", log, log]).unref();
    closeSync(log);
    await waitFor(`the hub of ${network}`, () => this.#hubs(network).length > 0, 5_000);
  }

  #hubs(network?: NetworkName): { pid: number }[] {
    return allProcesses().filter(
      ({ argv }) =>
        argv[0]?.includes("/programs/hub-") === true &&
        argv[1] === this.#dir &&
        (network === undefined || argv[2] === network),
    );
  }

  async #portsOf(network: NetworkName): Promise<string[]> {
    const { stdout } = await this.#inSwitch(["ip", "-json", "link", "show", "type", "veth"]);
    const links = JSON.parse(stdout === "" ? "[]" : stdout) as { ifname: string }[];
    return links.map((link) => link.ifname).filter((name) => name.endsWith(`-${network}`));
  }

  #mustBeOn(): number {
    const pid = this.switchPid;
    if (pid === undefined) throw new Error("the lab's switch is off: bring the lab up first");
    return pid;
  }

  async #inSwitch(argv: string[]): Promise<{ stdout: string }> {
    return await run(["nsenter", "-t", String(this.#mustBeOn()), "-n", ...argv]);
  }

  async #switchIp(lines: string[]): Promise<void> {
    if (lines.length === 0) return;
    const argv = ["nsenter", "-t", String(this.#mustBeOn()), "-n", "ip", "-batch", "-"];
    await must(argv, { input: lines.join("\n") });
  }
}
