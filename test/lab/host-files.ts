// SPDX-License-Identifier: Apache-2.0
/**
 * The folders of a host that outlive its power-off: its own /etc and /var, made once, bound over the
 * machine's by machine/init.sh at each boot.
 */
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostIdentity, writeLibvirtFiles } from "./libvirt.js";
import type { QemuVariant } from "./libvirt.js";
import { addressOf, hostNames, networkNames } from "./network.js";
import type { HostName } from "./network.js";

const folders = [
  "etc/libvirt",
  "etc/gemel",
  "var/lib/libvirt/boot",
  "var/lib/gemel/vm",
  "var/cache/libvirt",
  "var/log/libvirt/guests",
  "var/log/gemel",
];

/** Where init.sh binds them must exist on the machine; an empty folder is all that stays of a lab there. */
const machineFolders = ["/etc/gemel", "/var/lib/gemel", "/var/log/gemel"];

export function makeHostFiles(dir: string, host: HostName, qemu: QemuVariant): void {
  const home = join(dir, host);
  const files = join(home, "files");
  for (const folder of ["log", "serial"]) mkdirSync(join(home, folder), { recursive: true });
  for (const folder of machineFolders) mkdirSync(folder, { recursive: true });
  // QEMU opens the guests' serial output itself, as whatever user it has.
  chmodSync(join(home, "serial"), 0o777);
  if (existsSync(files)) return;
  for (const folder of folders) mkdirSync(join(files, folder), { recursive: true });
  // One file system for libvirt's pool and Gemel's folders, through one mount: rename works between the
  // two, which it does not between two bind mounts of one file system. Relative, so that it holds from
  // outside too.
  symlinkSync("../gemel/vm/.images", join(files, "var/lib/libvirt/images"));
  const identity = hostIdentity(dir, host);
  writeLibvirtFiles(files, identity, qemu);
  writeFileSync(join(files, "etc/machine-id"), `${identity}\n`);
  writeFileSync(join(files, "etc/hosts"), hostsFile());
}

function hostsFile(): string {
  const lines = hostNames.flatMap((host) =>
    networkNames.map(
      (network) => `${addressOf(host, network)} ${network === "data" ? host : `${host}-${network}`}`,
    ),
  );
  return ["127.0.0.1 localhost", ...lines, ""].join("\n");
}
