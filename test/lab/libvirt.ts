// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration of a host's own libvirtd: the machine's, with what differs in a virtual host. QEMU runs
 * as the distribution has it: its user, ownership changed at each start and remembered, its default security
 * driver (AppArmor only where the kernel has it). What namespaces forbid is named in `forbidden`. One variant
 * has QEMU as root without any of it, as on hosts that somebody set up so. The unix socket only, and a host
 * identity of its own, since the machine's firmware would give the same one to every host.
 */
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const startGuard = fileURLToPath(new URL("../../../kvm/install/gemel-hook", import.meta.url));

/** Whose QEMU: the distribution's own settings, or root's with ownership left alone. */
export type QemuVariant = "distribution" | "root";

/**
 * No cgroup may be made there, no mount namespace around QEMU (its /dev would need device nodes of its own),
 * and no virtlogd runs, which systemd would start: QEMU writes output files itself.
 */
const forbidden = `cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`;

const asRoot = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
`;

/** What comes behind Debian's own qemu.conf, all of which is comments. */
export const qemuSettings = (variant: QemuVariant): string =>
  variant === "root" ? asRoot + forbidden : forbidden;

/** As the distribution's package has it, with the lines of a virtual host behind. */
export function writeQemuConf(path: string, variant: QemuVariant): void {
  const own = existsSync("/etc/libvirt/qemu.conf") ? readFileSync("/etc/libvirt/qemu.conf", "utf8") : "";
  writeFileSync(path, `${own}\n${qemuSettings(variant)}`);
}

function libvirtdConf(hostUuid: string): string {
  return `listen_tls = 0
listen_tcp = 0
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
host_uuid = "${hostUuid}"
log_outputs = "3:stderr"
`;
}

/** A stable identity, different for each host and lab. */
export function hostIdentity(dir: string, host: string): string {
  return createHash("sha256").update(`${dir} ${host}`).digest("hex").slice(0, 32);
}

function uuidOf(identity: string): string {
  const hex = `${identity.slice(0, 12)}4${identity.slice(13, 16)}8${identity.slice(17)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Writes etc/libvirt and var/lib/libvirt of a host below `files`. */
export function writeLibvirtFiles(files: string, identity: string, qemu: QemuVariant): void {
  const etc = join(files, "etc", "libvirt");
  if (existsSync("/etc/libvirt")) cpSync("/etc/libvirt", etc, { recursive: true });
  rmSync(join(etc, "qemu"), { recursive: true, force: true });
  // As the package would have it before libvirtd's first start: libvirtd looks for hooks only then (R32).
  mkdirSync(join(etc, "hooks", "qemu.d"), { recursive: true });
  cpSync(startGuard, join(etc, "hooks", "qemu.d", "gemel"));
  chmodSync(join(etc, "hooks", "qemu.d", "gemel"), 0o755);
  writeQemuConf(join(etc, "qemu.conf"), qemu);
  writeFileSync(join(etc, "libvirtd.conf"), libvirtdConf(uuidOf(identity)));
}
