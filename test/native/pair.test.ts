// SPDX-License-Identifier: Apache-2.0
/**
 * Two real mirror processes through the addon: real mount, real TLS, real disk; the test gives the daemon's
 * commands.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { MirrorPair, MirrorRefusal } from "./mirror-pair.js";
import type { PairOptions } from "./mirror-pair.js";

const limit = { timeout: 120_000 };
const mebibyte = 1 << 20;
const regionBytes = 65_536;

function pairFor(context: TestContext, options: Omit<PairOptions, "dir"> = {}): MirrorPair {
  const dir = mkdtempSync(join(tmpdir(), "gemel-pair-"));
  const pair = MirrorPair.make({ dir, ...options });
  context.after(async () => {
    await pair.remove();
    rmSync(dir, { recursive: true, force: true });
  });
  return pair;
}

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Through the mount, then durable. */
function writeAt(path: string, offset: number, data: Buffer): void {
  const file = openSync(path, "r+");
  writeSync(file, data, 0, data.length, offset);
  fsyncSync(file);
  closeSync(file);
}

test("pair-first-copy-then-writes-on-both", limit, async (context) => {
  const pair = pairFor(context);
  writeFileSync(join(pair.first.root, "disk.raw"), randomBytes(8 * mebibyte));
  await pair.startInSync();
  const [here, there] = [join(pair.first.root, "disk.raw"), join(pair.second.root, "disk.raw")];
  assert.equal(digest(there), digest(here), "the first copy is complete");
  writeAt(here, 3 * mebibyte + 4096, randomBytes(200_000));
  assert.equal(digest(there), digest(here), "a flushed write is on both");
  writeFileSync(join(pair.first.root, "domain.xml"), "<domain/>");
  assert.equal(readFileSync(join(pair.second.root, "domain.xml"), "utf8"), "<domain/>");
});

test("a-log-on-a-full-disk-takes-no-disk-away", limit, async (context) => {
  const pair = pairFor(context);
  for (const { root } of [pair.first, pair.second]) symlinkSync("/dev/full", join(root, "../mirror.log"));
  writeFileSync(join(pair.first.root, "disk.raw"), randomBytes(mebibyte));
  await pair.startInSync();
  const [here, there] = [join(pair.first.root, "disk.raw"), join(pair.second.root, "disk.raw")];
  writeAt(here, 4096, randomBytes(4096));
  assert.equal(digest(there), digest(here));
});

test("secondary-refuses-local-writes", limit, async (context) => {
  const pair = pairFor(context);
  await pair.startInSync();
  assert.throws(() => writeFileSync(join(pair.second.root, "x"), "x"), { code: "EROFS" });
});

test("link-off-freezes-until-a-grant-then-tracked-reintegration", limit, async (context) => {
  const pair = pairFor(context);
  writeFileSync(join(pair.first.root, "disk.raw"), randomBytes(16 * mebibyte));
  await pair.startInSync();
  const disk = join(pair.first.root, "disk.raw");
  await pair.second.command({ do: "link", on: false });
  const freeze = await pair.first.frozen();
  await assert.rejects(
    pair.first.command({ do: "grant", freeze: { ...freeze, counter: freeze.counter + 7 }, basis: "silence" }),
    MirrorRefusal,
    "a grant for another freeze is void (R13)",
  );
  await pair.first.command({ do: "grant", freeze, basis: "silence" });
  await pair.first.until("alone", (status) => status.right === "alone" && status.freeze === undefined);
  writeAt(disk, 5 * mebibyte, randomBytes(4096));
  writeAt(disk, 9 * mebibyte + 100, randomBytes(10));
  const before = await pair.first.figures();
  await pair.second.command({ do: "link", on: true });
  await pair.first.until("in sync again", (status) => status.inSync);
  const after = await pair.first.figures();
  assert.ok(
    after.resyncBytesSent - before.resyncBytesSent <= 4 * regionBytes,
    "only what changed was sent (P5)",
  );
  assert.equal(digest(join(pair.second.root, "disk.raw")), digest(disk));
});

test("secondary-promoted-after-the-primary-died-holds-every-flushed-write", limit, async (context) => {
  const pair = pairFor(context);
  writeFileSync(join(pair.first.root, "disk.raw"), randomBytes(4 * mebibyte));
  await pair.startInSync();
  const disk = join(pair.first.root, "disk.raw");
  const file = openSync(disk, "r+");
  const record = randomBytes(4096);
  for (let n = 0; n < 200; n++) {
    record.writeUInt32LE(n, 0);
    writeSync(file, record, 0, record.length, (n % 64) * 4096);
    fsyncSync(file);
  }
  closeSync(file);
  pair.first.kill();
  await pair.first.gone();
  await pair.second.until("link down", (status) => status.link.kind === "down");
  await pair.second.command({ do: "promote", alone: { basis: "silence" } });
  const copy = readFileSync(join(pair.second.root, "disk.raw"));
  assert.equal(copy.readUInt32LE((199 % 64) * 4096), 199);
  assert.equal(copy.readUInt32LE((190 % 64) * 4096), 190);
  writeAt(join(pair.second.root, "disk.raw"), 0, randomBytes(512));
});

test("verify-finds-nothing-on-equal-copies", limit, async (context) => {
  const pair = pairFor(context);
  writeFileSync(join(pair.first.root, "disk.raw"), randomBytes(4 * mebibyte));
  await pair.startInSync();
  await pair.first.command({ do: "verify", repair: false });
  const status = await pair.first.until("verified", ({ lastVerify }) => lastVerify !== undefined);
  assert.equal(status.lastVerify?.differingBytes, 0);
});

test("orderly-close-of-both-then-clean-start", limit, async (context) => {
  const pair = pairFor(context);
  writeFileSync(join(pair.first.root, "disk.raw"), randomBytes(4 * mebibyte));
  await pair.startInSync();
  writeAt(join(pair.first.root, "disk.raw"), 4096, randomBytes(8192));
  await pair.first.command({ do: "demote", timeoutMs: 10_000 });
  await pair.first.close();
  await pair.second.close();
  const underneath = [pair.first, pair.second].map(({ root }) => digest(join(root, "disk.raw")));
  assert.equal(underneath[0], underneath[1], "the files are simply there, equal");
  for (const node of [pair.first, pair.second]) {
    await node.start();
    await node.command({ do: "link", on: true });
  }
  await pair.first.until("in sync at once", (status) => status.inSync);
});

test("decided-before-a-standstill-and-void-after-it", limit, async (context) => {
  const pair = pairFor(context);
  await pair.startInSync();
  pair.first.kill();
  await pair.first.gone();
  await pair.second.until("link down", (status) => status.link.kind === "down");
  const { pid } = pair.second;
  assert.ok(pid !== undefined);
  const promote = { do: "promote", alone: { basis: "silence" } } as const;
  // By the clock that both processes share; it is asked for while the other one stands still (R16).
  const until = Math.round(uptime() * 1000) + 300;
  process.kill(pid, "SIGSTOP");
  const refused = assert.rejects(
    pair.second.command({ ...promote, until }),
    (error) => error instanceof MirrorRefusal && error.code === "too-late",
  );
  while (uptime() * 1000 <= until + 50) await pause(50);
  process.kill(pid, "SIGCONT");
  await refused;
  assert.equal((await pair.second.status()).role, "secondary");
  await pair.second.command({ ...promote, until: Math.round(uptime() * 1000) + 60_000 });
  assert.equal((await pair.second.status()).role, "primary");
});
