// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration of a host's own libvirtd: the machine's, with what differs in a virtual host: QEMU as
 * root without cgroups, namespaces and security driver (none of them exists there), output files written by
 * QEMU itself (there is no virtlogd), the unix socket only, and a host identity of its own, since the
 * machine's firmware would give the same one to every host.
 */
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const startGuard = fileURLToPath(new URL("../../../kvm/install/gemel-hook", import.meta.url));

const qemuConf = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`;

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
export function writeLibvirtFiles(files: string, identity: string): void {
  const etc = join(files, "etc", "libvirt");
  if (existsSync("/etc/libvirt")) cpSync("/etc/libvirt", etc, { recursive: true });
  rmSync(join(etc, "qemu"), { recursive: true, force: true });
  // As the package would have it before libvirtd's first start: libvirtd looks for hooks only then (R32).
  mkdirSync(join(etc, "hooks", "qemu.d"), { recursive: true });
  cpSync(startGuard, join(etc, "hooks", "qemu.d", "gemel"));
  chmodSync(join(etc, "hooks", "qemu.d", "gemel"), 0o755);
  writeFileSync(join(etc, "qemu.conf"), qemuConf);
  writeFileSync(join(etc, "libvirtd.conf"), libvirtdConf(uuidOf(identity)));
}
