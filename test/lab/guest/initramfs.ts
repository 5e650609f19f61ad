// SPDX-License-Identifier: Apache-2.0
/**
 * Builds the guest's initramfs: busybox, the record program, the few kernel modules that the cloud kernel
 * does not have built in, and the init script. Kept in the cache under a name made from all that goes in.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
} from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fetchGuestKernel } from "./kernel.js";
import type { GuestKernel } from "./kernel.js";
import { must } from "../machine/command.js";
import { cachePath, labSourcePath } from "../machine/folders.js";
import { compiledProgram } from "../machine/programs.js";

export type GuestSystem = { readonly kernelPath: string; readonly initramfsPath: string };

/** Disk, power button. What they depend on is found from the modules themselves. */
const modulesWanted = ["virtio_pci", "virtio_blk", "button", "evdev"];
const busyboxPath = "/bin/busybox";

export async function guestSystem(): Promise<GuestSystem> {
  const kernel = await fetchGuestKernel();
  const record = await compiledProgram("guest/record.c", ["-static", "-pthread"]);
  const init = join(labSourcePath, "guest", "init");
  const key = createHash("sha256")
    .update([record, kernel.imagePath, readFileSync(init, "utf8"), ...modulesWanted].join("\n"))
    .digest("hex")
    .slice(0, 12);
  const initramfsPath = join(cachePath(), `initramfs-${key}.gz`);
  if (!existsSync(initramfsPath)) await build(initramfsPath, kernel, record, init);
  return { kernelPath: kernel.imagePath, initramfsPath };
}

async function build(path: string, kernel: GuestKernel, record: string, init: string): Promise<void> {
  const root = mkdtempSync(join(cachePath(), "initramfs."));
  try {
    for (const folder of ["bin", "dev", "proc", "sys", "modules", "etc/acpi/PWRF"]) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    const programs = [
      [busyboxPath, "bin/busybox"],
      [record, "bin/record"],
      [init, "init"],
    ] as const;
    for (const [from, to] of programs) {
      copyFileSync(from, join(root, to));
      chmodSync(join(root, to), 0o755);
    }
    const button = join(root, "etc/acpi/PWRF/00000080");
    writeFileSync(button, "#!/bin/sh\nexec /bin/killall -TERM record\n", { mode: 0o755 });
    copyModules(kernel, join(root, "modules"));
    const pack = 'cd "$0" && find . | cpio --quiet -o -H newc | gzip -1 >"$1.new" && mv "$1.new" "$1"';
    await must(["sh", "-c", pack, root, path]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Copies the wanted modules and what they depend on, and writes the order in which to insert them. */
function copyModules(kernel: GuestKernel, folder: string): void {
  const paths = new Map(
    readdirSync(kernel.modulesPath, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ko"))
      .map((path) => [moduleName(path), join(kernel.modulesPath, path)]),
  );
  if (paths.size === 0) throw new Error(`${kernel.modulesPath} holds no plain .ko files (compressed ones?)`);
  const order: string[] = [];
  const insert = (name: string): void => {
    const path = paths.get(name);
    // Not there as a file: it is built into the kernel.
    if (path === undefined || order.includes(name)) return;
    dependenciesOf(path).forEach(insert);
    copyFileSync(path, join(folder, `${name}.ko`));
    order.push(name);
  };
  modulesWanted.forEach(insert);
  writeFileSync(join(folder, "order"), `${order.join("\n")}\n`);
}

function moduleName(path: string): string {
  return basename(path, ".ko").replaceAll("-", "_");
}

/** A module names what it needs in its own text ("depends=a,b"): no depmod is needed. */
function dependenciesOf(path: string): string[] {
  const names = /\0depends=([^\0]*)\0/.exec(readFileSync(path, "latin1"))?.[1] ?? "";
  return names.split(",").filter((name) => name !== "");
}
