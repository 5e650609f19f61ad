// SPDX-License-Identifier: Apache-2.0
// What is inside a disk image: size, allocation and backing chain, by qemu-img in a child process with a
// limit.
//
// The format is always given, never probed: a raw disk's first bytes belong to the guest, and a guest that
// writes a qcow2 header there could otherwise name any file of the host as its backing file.

import { readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Outcome } from "../../core/ports/hypervisor.js";
import { done, refused } from "../errors.js";
import { callLimits, run } from "../session.js";
import { backingChainMax } from "../../core/base/limits/kvm.js";

export interface Image {
  readonly path: string;
  readonly format: string;
  /** Bytes that the guest sees. */
  readonly size: number;
  /** Bytes that the file takes. */
  readonly allocated: number;
  readonly backing?: { readonly path: string; readonly format?: string };
  /** qcow2 snapshots inside the image. */
  readonly snapshots: number;
  /** The path is a symbolic link, and this is where it leads. */
  readonly leadsTo?: string;
}

interface QemuImgInfo {
  readonly "virtual-size": number;
  readonly "actual-size"?: number;
  readonly "backing-filename"?: string;
  readonly "full-backing-filename"?: string;
  readonly "backing-filename-format"?: string;
  readonly snapshots?: readonly unknown[];
}

export async function readImage(path: string, format: string): Promise<Outcome<Image>> {
  // -U: a running guest holds the image's lock.
  const said = await run(
    "qemu-img",
    ["info", "-U", "-f", format, "--output=json", path],
    callLimits.image,
    "GEMEL-3008",
  );
  if (!said.ok) return said;
  const info = JSON.parse(said.value) as QemuImgInfo;
  const backing = info["full-backing-filename"] ?? info["backing-filename"];
  const backingFormat = info["backing-filename-format"];
  const leadsTo = await target(path);
  return done({
    ...(leadsTo === path ? {} : { leadsTo }),
    path,
    format,
    size: info["virtual-size"],
    allocated: info["actual-size"] ?? info["virtual-size"],
    snapshots: info.snapshots?.length ?? 0,
    ...(backing === undefined
      ? {}
      : {
          backing: {
            path: resolve(dirname(path), backing),
            ...(backingFormat === undefined ? {} : { format: backingFormat }),
          },
        }),
  });
}

/** The image and everything below it, top first. A backing file without a format ends the chain. */
export async function readChain(path: string, format: string): Promise<Outcome<readonly Image[]>> {
  const chain: Image[] = [];
  let next: { readonly path: string; readonly format?: string } | undefined = { path, format };
  while (next?.format !== undefined) {
    if (chain.length === backingChainMax)
      return refused("GEMEL-3008", `${path}: the backing chain has no end.`);
    const image: Outcome<Image> = await readImage(next.path, next.format);
    if (!image.ok) return image;
    chain.push(image.value);
    next = image.value.backing;
  }
  return done(chain);
}

/** Gives an image its moved backing file; contents stay as they are. */
export async function relink(image: Image, backing: string, backingFormat: string): Promise<Outcome<void>> {
  const said = await run(
    "qemu-img",
    ["rebase", "-u", "-f", image.format, "-b", backing, "-F", backingFormat, image.path],
    callLimits.image,
    "GEMEL-3008",
  );
  return said.ok ? done(undefined) : said;
}

export async function createImage(path: string, format: string, size: number): Promise<Outcome<void>> {
  const said = await run(
    "qemu-img",
    ["create", "-q", "-f", format, path, String(size)],
    callLimits.image,
    "GEMEL-3008",
  );
  return said.ok ? done(undefined) : said;
}

/** Where a symbolic link leads; the path itself when it is none or does not exist. */
async function target(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : realpath(path).catch(() => path);
}
