// SPDX-License-Identifier: Apache-2.0
// Two real daemons on this machine for tests of the edge: their own folders, loopback addresses of their own,
// a fake hypervisor inside each, fake engines behind real mirror processes. Needs no root. `close` ends
// everything, always.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execFile } from "node:child_process";
import type { ClusterReply, Status } from "../../../core/api/contract.js";
import type { FakeVmFile } from "../../contract/fake-definition.js";
import { Mirrors } from "./mirrors.js";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const nodes = ["alpha", "beta"] as const;
export type Node = (typeof nodes)[number];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PairOptions {
  readonly joined?: boolean;
  readonly vms?: Partial<Readonly<Record<Node, readonly string[]>>>;
}

export class Pair {
  readonly folder = mkdtempSync(join(tmpdir(), "gemel-pair-"));
  readonly mirrors: Mirrors;
  private readonly daemons = new Map<Node, ChildProcess>();
  /** A block of loopback addresses of its own, so that test files can run beside each other. */
  private readonly block = `127.${10 + (process.pid % 200)}.${Math.trunc(process.pid / 200) % 250}`;

  private constructor() {
    this.mirrors = new Mirrors(join(this.folder, "broker.sock"));
  }

  /** `vms`: names, each with one small disk, known to the node's hypervisor from the start. */
  static async up({ joined = true, vms = {} }: PairOptions = {}): Promise<Pair> {
    const pair = new Pair();
    for (const node of nodes) pair.addVms(node, vms[node] ?? []);
    await pair.mirrors.listen();
    for (const node of nodes) await pair.start(node);
    if (joined) await pair.join();
    return pair;
  }

  private addVms(node: Node, names: readonly string[]): void {
    mkdirSync(this.path(node, "images"), { recursive: true });
    const vms = names.map((name, index): FakeVmFile => {
      const disk = this.path(node, "images", `${index}.raw`);
      writeFileSync(disk, `the disk of ${name}`);
      return { name, disks: [disk] };
    });
    writeFileSync(this.path(node, "vms.json"), JSON.stringify(vms));
  }

  address(node: Node, network: "data" | "heart"): string {
    return `${this.block}.${(network === "data" ? 10 : 20) + nodes.indexOf(node) + 1}`;
  }

  path(node: Node, ...parts: string[]): string {
    return join(this.folder, node, ...parts);
  }

  env(node: Node): NodeJS.ProcessEnv {
    return {
      ...process.env,
      GEMEL_ETC: this.path(node, "etc"),
      GEMEL_STATE: this.path(node, "state"),
      GEMEL_RUN: this.path(node, "run"),
      GEMEL_TEST_BROKER: join(this.folder, "broker.sock"),
      GEMEL_TEST_VMS: this.path(node, "vms.json"),
      GEMEL_TEST_HYPERVISOR: join(dist, "test/contract/fake-hypervisor.js"),
      GEMEL_MIRROR_PROGRAM: join(dist, "test/core/pair/mirror-host.js"),
    };
  }

  async start(node: Node): Promise<void> {
    mkdirSync(this.path(node), { recursive: true });
    const log = openSync(this.path(node, "log"), "a");
    const daemon = spawn(process.execPath, [join(dist, "core/main.js")], {
      env: this.env(node),
      stdio: ["ignore", log, log],
    });
    this.daemons.set(node, daemon);
    await this.until(`${node} answers`, async () => (await this.gemel(node, "status")).code !== 4);
  }

  async stop(node: Node, signal: NodeJS.Signals): Promise<void> {
    const daemon = this.daemons.get(node);
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((done) => daemon.once("exit", done));
    daemon.kill(signal);
    await ended;
  }

  async join(): Promise<void> {
    const nets = (node: Node): string[] =>
      (["data", "heart"] as const).map((network) => `${network}=127.0.0.0/8@${this.address(node, network)}`);
    const [data = "", heart = ""] = nets("alpha");
    const init = ["cluster", "init", "--name", "test", "--net", data, "--net", heart];
    const made = await this.gemel("alpha", ...init, "--node", "alpha", "--listen", "networks", "--json");
    const { token = "" } = JSON.parse(made.stdout) as ClusterReply;
    const addresses = (["data", "heart"] as const).flatMap((one) => [
      "--address",
      `${one}=${this.address("beta", one)}`,
    ]);
    const joined = await this.gemel("beta", "cluster", "join", token, "--node", "beta", ...addresses);
    if (joined.code !== 0) throw new Error(`join failed: ${joined.stderr}`);
    await this.until("both hear each other", async () => {
      const [a, b] = [await this.status("alpha"), await this.status("beta")];
      return [a, b].every(({ nodes: list }) => list.length === 2 && list.every(({ reachable }) => reachable));
    });
  }

  async gemel(node: Node, ...args: string[]): Promise<Ran> {
    return await new Promise((done) => {
      const argv = [join(dist, "core/cli/main.js"), ...args];
      execFile(process.execPath, argv, { env: this.env(node), timeout: 60_000 }, (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
        done({ code, stdout, stderr });
      });
    });
  }

  async status(node: Node): Promise<Status> {
    return JSON.parse((await this.gemel(node, "status", "--json")).stdout) as Status;
  }

  log(node: Node): string {
    return readFileSync(this.path(node, "log"), "utf8");
  }

  async until(what: string, look: () => Promise<boolean>, seconds = 30): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await look())) {
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}\n${this.tails()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async close(): Promise<void> {
    for (const node of nodes) await this.stop(node, "SIGKILL");
    await this.mirrors.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private tails(): string {
    return nodes.map((node) => `--- ${node}\n${this.log(node).split("\n").slice(-25).join("\n")}`).join("\n");
  }
}
