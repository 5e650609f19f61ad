// SPDX-License-Identifier: Apache-2.0
/**
 * A guest that writes numbered records and prints each acknowledgement (guest/record.c): after any fault
 * every printed number must be on the surviving copy. Defined in libvirt as virt-manager would define a
 * small server; it knows nothing of Gemel. Its serial output goes to a file of the host that runs it,
 * outside any module's folder.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkDisk } from "./guest/image-check.js";
import type { ImageVerdict } from "./guest/image-check.js";
import { guestSystem } from "./guest/initramfs.js";
import { mergeSerial, readAcks } from "./guest/serial.js";
import type { LabHost } from "./host.js";
import type { Lab } from "./lab.js";
import { must } from "./machine/command.js";
import type { HostName } from "./network.js";
import { waitFor } from "./wait.js";

export type GuestOptions = {
  /** The VM's name in libvirt; any characters. */
  readonly name: string;
  /** Where it is defined and first runs. */
  readonly home: HostName;
  readonly format: "raw" | "qcow2";
  /** Records on the disk itself, or in files on an ext4. */
  readonly flavour: "disk" | "ext4";
  readonly sizeMiB: number;
  /** 32 hexadecimal digits that tell this run's records from any other's. */
  readonly nonce: string;
  readonly slots: number;
  /** Records per second at most. */
  readonly pace: number;
  /** Batches of overlapping random writes per second; 0 for none. */
  readonly noise: number;
};

/**
 * 256 slots are overwritten every few seconds at 200 records a second. 10 batches of 4 writes keep the
 * ranges under reintegration changing without taking the processor from the records.
 */
const optionsDefault = {
  format: "raw",
  flavour: "disk",
  sizeMiB: 64,
  slots: 256,
  pace: 200,
  noise: 10,
} as const;

/** The guests of the demo and the tests, by module. */
export const guestHomes: Record<"cam1" | "door1" | "bms1", HostName> = {
  cam1: "alpha",
  door1: "alpha",
  bms1: "beta",
};

const bootFolder = "/var/lib/libvirt/boot";
const serialFolder = "/var/log/libvirt/guests";

export class Guest {
  readonly options: GuestOptions;
  readonly #lab: Lab;

  private constructor(lab: Lab, options: GuestOptions) {
    this.#lab = lab;
    this.options = options;
  }

  /** Makes the disk and defines the VM at its home; it is off then. */
  static async create(
    lab: Lab,
    asked: Partial<GuestOptions> & Pick<GuestOptions, "name" | "home">,
  ): Promise<Guest> {
    const guest = new Guest(lab, { ...optionsDefault, nonce: randomBytes(16).toString("hex"), ...asked });
    const system = await guestSystem();
    for (const host of lab.hosts.filter((each) => !each.isBare && each.pid !== undefined)) {
      copyFileSync(system.kernelPath, host.path(`${bootFolder}/vmlinuz`));
      copyFileSync(system.initramfsPath, host.path(`${bootFolder}/initrd.gz`));
    }
    const home = guest.#host(guest.options.home);
    await guest.#makeDisk(home);
    const definition = `/run/gemel-lab/${guest.name}.xml`;
    writeFileSync(home.path(definition), guest.#domainXml());
    await home.must(["virsh", "define", definition]);
    return guest;
  }

  get name(): string {
    return this.options.name;
  }

  /** Where `create` puts the disk; protecting the VM moves it from there. */
  get diskPath(): string {
    return `/var/lib/libvirt/images/${this.name}.${this.options.format}`;
  }

  async start(): Promise<void> {
    await this.#host(this.options.home).must(["virsh", "start", this.name], { timeoutMs: 60_000 });
  }

  /** What one host recorded of the guest's serial output. */
  serialOn(host: HostName): string {
    const path = join(this.#host(host).serialPath, `${this.name}.serial`);
    return existsSync(path) ? readFileSync(path, "latin1") : "";
  }

  /** Everything the guest printed, over all its boots on all hosts. */
  serial(): string {
    return mergeSerial(
      this.#lab.hosts.filter((host) => !host.isBare).map((host) => this.serialOn(host.name)),
    );
  }

  /** The highest acknowledged record; 0 before the first. */
  acknowledged(): number {
    return Math.max(0, ...readAcks(this.serial()).slice(-1));
  }

  async waitForAcks(count: number, limitMs: number): Promise<void> {
    const enough = (): boolean => readAcks(this.serial()).length >= count;
    const last = (): string => this.serial().split("\n").slice(-4).join(" | ");
    await waitFor(`${count} acknowledgements of guest ${this.name}`, enough, limitMs, last);
  }

  /** Judges the disk in a file that is not being written. */
  async check(path: string): Promise<ImageVerdict> {
    return await checkDisk(path, this.options);
  }

  #host(name: HostName): LabHost {
    return this.#lab.host(name);
  }

  async #makeDisk(home: LabHost): Promise<void> {
    const { format, flavour, sizeMiB } = this.options;
    const target = home.path("/var/lib/gemel/vm/.images");
    const path = join(target, `${this.name}.${format}`);
    if (existsSync(path)) throw new Error(`${home.name} has a disk of guest ${this.name} already`);
    const work = mkdtempSync(join(tmpdir(), "gemel-disk-"));
    try {
      const raw = join(work, "raw");
      writeFileSync(raw, "");
      await must(["truncate", "-s", `${sizeMiB}M`, raw]);
      if (flavour === "ext4") await must(["mkfs.ext4", "-q", "-F", raw]);
      await must(["qemu-img", "convert", "-f", "raw", "-O", format, raw, path]);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  #domainXml(): string {
    const { name, format, nonce, slots, pace, noise, flavour } = this.options;
    const words = `console=ttyS0 quiet panic=1 gemel.nonce=${nonce} gemel.slots=${slots} gemel.pace=${pace}`;
    return `<domain type="qemu">
  <name>${xmlText(name)}</name>
  <memory unit="MiB">128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <kernel>${bootFolder}/vmlinuz</kernel>
    <initrd>${bootFolder}/initrd.gz</initrd>
    <cmdline>${words} gemel.noise=${noise} gemel.flavour=${flavour}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <clock offset="utc"/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type="file" device="disk">
      <driver name="qemu" type="${format}"/>
      <source file="${xmlText(this.diskPath)}"/>
      <target dev="vda" bus="virtio"/>
    </disk>
    <interface type="bridge">
      <source bridge="br0"/>
      <model type="virtio"/>
    </interface>
    <serial type="file">
      <source path="${xmlText(`${serialFolder}/${name}.serial`)}" append="on"/>
      <target port="0"/>
    </serial>
    <memballoon model="none"/>
  </devices>
</domain>
`;
  }
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
