// SPDX-License-Identifier: Apache-2.0
// What this host and its QEMU can do, as libvirt's capabilities tell it: read at connect and after libvirtd
// came back, since probing a QEMU binary takes seconds on a small machine.

import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { bytes, type Bytes } from "../../core/base/units.js";
import type { HostFigures, Outcome } from "../../core/ports/hypervisor.js";
import { Element } from "../definition/document.js";
import { done, refused } from "../errors.js";
import { callLimits, type LibvirtSession } from "../session.js";

export interface Capabilities {
  readonly cpuModel: string;
  readonly machines: readonly string[];
  /** "kvm", "qemu" … : what a definition's <domain type> may be. */
  readonly domainTypes: readonly string[];
  readonly emulators: readonly string[];
  /** "selinux", "apparmor", "dac". */
  readonly securityModels: readonly string[];
  /** As whom QEMU runs, "UID:GID". */
  readonly qemuOwner: string;
  readonly version: string;
}

export async function readCapabilities(session: LibvirtSession): Promise<Outcome<Capabilities>> {
  const said = await session.virsh(["capabilities"], callLimits.capabilities);
  if (!said.ok) return said;
  const version = await session.virsh(["version"], callLimits.capabilities);
  if (!version.ok) return version;
  const root = Element.parse(said.value);
  if (root === undefined) return refused("GEMEL-3009", "libvirt's capabilities cannot be read.");
  const guests = root.children("guest").filter((guest) => guest.find("os_type")?.text() === "hvm");
  const architectures = guests.flatMap((guest) => guest.children("arch"));
  const security = root.find("host")?.children("secmodel") ?? [];
  const owner = /^\+?(\d+):\+?(\d+)$/.exec(labelOf(security, "dac"));
  return done({
    cpuModel: cpus()[0]?.model ?? root.find("host/cpu/model")?.text() ?? "",
    machines: unique(
      architectures.flatMap((arch) =>
        arch.all("machine").flatMap((machine) => [machine.text(), machine.get("canonical") ?? ""]),
      ),
    ),
    domainTypes: unique(
      architectures.flatMap((arch) => arch.children("domain").map((domain) => domain.get("type") ?? "")),
    ),
    emulators: unique(
      architectures.flatMap((arch) => arch.all("emulator").map((emulator) => emulator.text())),
    ),
    securityModels: security.map((model) => model.find("model")?.text() ?? ""),
    qemuOwner: `${owner?.[1] ?? "0"}:${owner?.[2] ?? "0"}`,
    version: /Running hypervisor: (.*)/.exec(version.value)?.[1]?.trim() ?? "",
  });
}

/** What the host has now; memory that the kernel could give to a guest counts as free. */
export async function hostFigures(capabilities: Capabilities): Promise<HostFigures> {
  const text = await readFile("/proc/meminfo", "utf8");
  const kib = (name: string): Bytes =>
    bytes(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? "0") * 1024);
  return {
    memoryTotal: kib("MemTotal"),
    memoryFree: kib("MemAvailable"),
    cpus: cpus().length,
    cpuNanosBusy: busyOf(await readFile("/proc/stat", "utf8")),
    cpuModel: capabilities.cpuModel,
    machines: capabilities.machines,
    version: capabilities.version,
  };
}

/** Of the line "cpu user nice system idle iowait irq softirq steal …" in hundredths of a second. */
function busyOf(stat: string): number {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(" ").map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * 10_000_000;
}

function labelOf(security: readonly Element[], model: string): string {
  const found = security.find((one) => one.find("model")?.text() === model);
  return found?.find("baselabel")?.text() ?? "";
}

const unique = (values: readonly string[]): readonly string[] =>
  [...new Set(values)].filter((one) => one !== "");
