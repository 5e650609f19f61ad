// SPDX-License-Identifier: Apache-2.0
/**
 * The guests' kernel: Debian's cloud kernel, taken out of its package without installing it (an installed
 * kernel package would bring a boot loader's hooks along). Kept in the cache; fetched once.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { must } from "../machine/command.js";
import { cachePath } from "../machine/folders.js";

export type GuestKernel = {
  readonly imagePath: string;
  /** The folder with the kernel's modules, /lib/modules/VERSION/kernel. */
  readonly modulesPath: string;
};

/** The package that always depends on the newest one. */
const metaPackage = "linux-image-cloud-amd64";
const downloadLimitMs = 300_000;

export async function fetchGuestKernel(): Promise<GuestKernel> {
  const kept = join(cachePath(), "guest-kernel");
  if (!existsSync(kept)) await unpackInto(kept);
  const boot = join(kept, "boot");
  const image = readdirSync(boot).find((name) => name.startsWith("vmlinuz-"));
  if (image === undefined) throw new Error(`${boot} holds no kernel: remove ${kept} and try again`);
  const version = image.slice("vmlinuz-".length);
  return { imagePath: join(boot, image), modulesPath: join(kept, "lib", "modules", version, "kernel") };
}

async function unpackInto(kept: string): Promise<void> {
  mkdirSync(dirname(kept), { recursive: true });
  const work = mkdtempSync(`${kept}.`);
  try {
    const packageName = await newestPackage();
    // As root without apt's own user, which may not write here.
    const download = `cd "$0" && apt-get -q -o APT::Sandbox::User=root download "$1" && dpkg -x ./*.deb root`;
    await must(["sh", "-c", download, work, packageName], { timeoutMs: downloadLimitMs });
    if (!existsSync(kept)) renameSync(join(work, "root"), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function newestPackage(): Promise<string> {
  const depends = async (): Promise<string | undefined> =>
    /Depends: (linux-image-\S+)/.exec(await must(["apt-cache", "depends", metaPackage]))?.[1];
  const known = await depends().catch(() => undefined);
  if (known !== undefined) return known;
  await must(["apt-get", "-q", "update"], { timeoutMs: downloadLimitMs });
  const found = await depends();
  if (found === undefined)
    throw new Error(`the package lists know no ${metaPackage}: the lab's guests need it`);
  return found;
}
