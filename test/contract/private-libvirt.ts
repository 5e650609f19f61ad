// SPDX-License-Identifier: Apache-2.0
// A real libvirtd for one test file, in mount, network and process namespaces of its own: nothing of the
// host's libvirt is seen or touched, and when its first process dies the kernel takes everything else along.
// The adapter runs in there too (inside.ts), since it looks at /proc and /run; here are its hands.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { GuestProcess, Hypervisor, VmEvent, VmId } from "../../core/ports/hypervisor.js";
import type { QemuVariant } from "../lab/libvirt.js";
import { processOf, type World } from "./world.js";

const inside = fileURLToPath(new URL("./inside.js", import.meta.url));
const hook = fileURLToPath(new URL("../../../kvm/install/gemel-hook", import.meta.url));

/** A sabotage of this process (--import) is one of the adapter in there, too. */
const imports = process.execArgv.flatMap((word, at, words) =>
  word === "--import" ? [word, words[at + 1] ?? ""] : [],
);

export interface ShellResult {
  readonly code: number;
  readonly output: string;
}

export class PrivateLibvirt implements World {
  readonly hypervisor: Hypervisor;
  readonly workload: Hypervisor;
  readonly mountPoint = "/var/lib/gemel/vm/m1";
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #folder: string;
  readonly #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Set<(event: VmEvent) => void>();
  #sequence = 0;
  #images = 0;

  private constructor(folder: string, qemu: QemuVariant) {
    this.#folder = folder;
    const space = ["-mnpu", "--fork", "--mount-proc", "--kill-child", "--"];
    // The shell is the namespace's first process: it buries what is orphaned there.
    const program = [
      "sh",
      "-c",
      '"$@"; exit $?',
      "sh",
      process.execPath,
      ...imports,
      inside,
      folder,
      hook,
      qemu,
    ];
    this.#process = spawn("unshare", [...space, ...program], { stdio: "pipe" });
    this.#process.stderr.pipe(process.stderr);
    this.#process.stdin.on("error", () => undefined);
    this.#process.on("exit", () => this.#over());
    this.hypervisor = this.#remote();
    this.workload = this.hypervisor;
  }

  static async open(qemu: QemuVariant = "distribution"): Promise<PrivateLibvirt> {
    const folder = mkdtempSync(join(tmpdir(), "gemel-libvirt-"));
    // QEMU has a user of its own, and passes through.
    chmodSync(folder, 0o755);
    const world = new PrivateLibvirt(folder, qemu);
    const lines = createInterface({ input: world.#process.stdout });
    lines.on("line", (line) => world.#hear(line));
    const [first] = (await Promise.race([
      once(lines, "line"),
      once(world.#process, "exit").then(() => ["it ended"]),
    ])) as [string];
    if (!first.includes("ready")) throw new Error(`the private libvirt did not come up: ${first}`);
    return world;
  }

  create(name: string): Promise<VmId> {
    return this.createVm(name);
  }

  async createVm(name: string, folder = "/var/lib/libvirt/images"): Promise<VmId> {
    const disk = join(folder, `disk-${++this.#images}.raw`);
    await this.must(`mkdir -p '${folder}' && truncate -s 8M '${disk}'`);
    return this.defineVm(name, [diskXml("vda", disk, "raw")]);
  }

  /** `extra`: more devices. */
  async defineVm(name: string, devices: readonly string[], top = ""): Promise<VmId> {
    const file = `/run/define-${++this.#images}.xml`;
    const xml = `<domain type="qemu"><name>${escaped(name)}</name>${top}
      <memory unit="MiB">32</memory><vcpu>1</vcpu>
      <os><type arch="x86_64" machine="pc">hvm</type></os><features><acpi/></features>
      <devices>${devices.join("")}</devices></domain>`;
    await this.must(`cat > ${file} <<'EOF'\n${xml}\nEOF\nvirsh -q define ${file}`);
    const found = await this.hypervisor.list();
    const id = found.ok ? found.value.find((vm) => vm.name === name)?.id : undefined;
    if (id === undefined) throw new Error(`${name} was not defined`);
    return id;
  }

  async startOutside(vm: VmId): Promise<boolean> {
    return (await this.shell(`virsh -q start ${vm}`)).code === 0;
  }

  async describeOutside(vm: VmId, text: string): Promise<void> {
    await this.must(`virsh -q desc --config ${vm} '${text}'`);
  }

  async pauseOutside(vm: VmId): Promise<void> {
    await this.must(`virsh -q suspend ${vm}`);
  }

  async freeze(vm: VmId, frozen: boolean): Promise<void> {
    await this.#signal(vm, frozen ? "STOP" : "CONT");
  }

  async crash(vm: VmId): Promise<void> {
    await this.#signal(vm, "KILL");
  }

  async stopService(): Promise<void> {
    await this.#call("stop-libvirtd", []);
  }

  async startService(): Promise<void> {
    await this.#call("start-libvirtd", []);
  }

  async alive(process: GuestProcess): Promise<boolean> {
    const { output } = await this.shell(`grep State: /proc/${process["pid"] ?? ""}/status`);
    return /State:\s+[^ZX]/.test(output);
  }

  async reset(): Promise<void> {
    const script = `rm -rf /etc/gemel/protected /run/gemel/start
      for vm in $(virsh -q list --all --uuid); do virsh -q destroy $vm
      virsh -q undefine $vm --managed-save --nvram --snapshots-metadata --checkpoints-metadata; done
      cd /var/lib; find libvirt/images libvirt/qemu/save gemel -xdev -type f -delete
      rm -rf ${this.mountPoint}/*`;
    await this.shell(script);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null) {
      const over = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await over;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async shell(command: string): Promise<ShellResult> {
    return (await this.#call("shell", [command])) as ShellResult;
  }

  async must(command: string): Promise<string> {
    const { code, output } = await this.shell(command);
    if (code !== 0) throw new Error(`${command}: ${output}`);
    return output;
  }

  async #signal(vm: VmId, signal: string): Promise<void> {
    const summary = await this.hypervisor.look(vm);
    const pid = summary.ok ? processOf(summary.value.run)?.pid : undefined;
    if (pid === undefined) throw new Error(`${vm} has no process`);
    await this.must(`kill -${signal} ${pid}`);
  }

  /** The port's methods, carried inside. */
  #remote(): Hypervisor {
    const local: Partial<Hypervisor> = {
      kind: "kvm",
      lacks: ["live-migration", "guest-agent"],
      events: (listener) => {
        this.#listeners.add(listener);
        void this.#call("listen", []);
        return () => {
          this.#listeners.delete(listener);
          if (this.#listeners.size === 0) void this.#call("deafen", []).catch(() => undefined);
        };
      },
    };
    return new Proxy(local as Hypervisor, {
      get: (target, method) =>
        (Reflect.get(target, method) as unknown) ??
        ((...args: readonly unknown[]) => this.#call("port", args, String(method))),
    });
  }

  #call(call: string, args: readonly unknown[], method?: string): Promise<unknown> {
    const id = ++this.#sequence;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#process.stdin.write(JSON.stringify({ id, call, method, args }) + "\n");
    });
  }

  #hear(line: string): void {
    const message = JSON.parse(line) as { id?: number; result?: unknown; error?: string; event?: VmEvent };
    if (message.event !== undefined) for (const listener of this.#listeners) listener(message.event);
    const waiting = this.#open.get(message.id ?? -1);
    this.#open.delete(message.id ?? -1);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.error));
  }

  #over(): void {
    for (const { reject } of this.#open.values()) reject(new Error("the private libvirt has ended"));
    this.#open.clear();
  }
}

export const diskXml = (target: string, path: string, format: string): string =>
  `<disk type="file" device="disk"><driver name="qemu" type="${format}"/><source file="${path}"/>
   <target dev="${target}" bus="virtio"/></disk>`;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
