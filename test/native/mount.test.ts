// SPDX-License-Identifier: Apache-2.0
/**
 * The mount of one copy without a peer: what programs see below it is what the file system below it would
 * show.
 *
 * Each scenario of mount/file_calls.py runs twice, below the mount and on the plain file system beside it;
 * the two texts must agree. Afterwards the files themselves are compared, seen without the mount.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import type { MirrorCommand } from "../../native/index.js";
import { MirrorPair, type MirrorProcess } from "./mirror-pair.js";

const calls = resolve(import.meta.dirname, "../../../test/native/mount/file_calls.py");

const scenarios = [
  "create_and_umask",
  "owners_and_set_id",
  "set_id_at_once",
  "access_list_takes_set_group",
  "permissions",
  "direct_io",
  "appends_and_holes",
  "mappings",
  "locks",
  "names",
  "many_open",
  "without_a_name",
  "by_handle",
  "special_files",
  "attributes",
  "access_lists",
  "times",
  "many_entries",
  "programs",
  "random_calls",
] as const;

/** A running mirror of an own, alone on its copy, and a plain directory on the same file system. */
class Alone {
  readonly dir = mkdtempSync("/var/tmp/gemel-mount-");
  readonly plain = join(this.dir, "plain");
  readonly mirror: MirrorProcess = MirrorPair.make({ dir: this.dir }).first;

  constructor() {
    chmodSync(this.dir, 0o755);
    chmodSync(join(this.mirror.root, ".."), 0o755);
    mkdirSync(this.plain, { mode: 0o755 });
  }

  async start(): Promise<void> {
    await this.mirror.start();
    const status = await this.mirror.status();
    if (status.copy === "empty") await this.mirror.command({ do: "initialise", as: "source" });
    await this.mirror.command({ do: "promote", alone: { basis: "forced" } });
    chmodSync(this.mirror.root, 0o755);
  }

  async remove(): Promise<void> {
    await this.mirror.remove();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** An own mirror for one test, cleaned up whatever happens. */
  static async forTest(context: TestContext): Promise<Alone> {
    const alone = new Alone();
    context.after(() => alone.remove());
    await alone.start();
    return alone;
  }
}

/** Runs a scenario in a fresh folder of `directory` and returns what it printed. */
function scenario(directory: string, name: string, seed = "1"): string {
  const folder = join(directory, name);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const done = spawnSync("python3", [calls, name], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, SEED: seed },
  });
  return `${done.stdout}${done.stderr}exit ${String(done.status ?? done.signal)}\n`;
}

/** Everything below a directory but inode numbers and times: names, types, modes, owners, sizes, contents. */
function picture(directory: string): string {
  const script = [
    "find . -mindepth 1 -type d -printf '%P %m %U %G\\n' | sort",
    "find . -mindepth 1 -not -type d -printf '%P %y %m %U %G %n %l %s\\n' | sort",
    "find . -type f -size -4M -print0 | sort -z | xargs -0 -r sha256sum",
  ].join("; ");
  const done = spawnSync("bash", ["-c", script], {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

void test("file calls below the mount", async (context) => {
  const alone = new Alone();
  context.after(() => alone.remove());
  await alone.start();
  for (const name of scenarios) {
    await context.test(name.replaceAll("_", "-"), () => {
      const plain = scenario(alone.plain, name);
      assert.equal(scenario(alone.mirror.root, name), plain);
      assert.match(plain, /exit 0\n$/);
    });
  }
  await context.test("refused-ways", () => {
    const seen = scenario(alone.mirror.root, "refused_ways");
    assert.match(seen, /^reflink -> (ENOTSUP|EOPNOTSUPP|ENOTTY)$/m);
    assert.match(seen, /^copy_file_range -> 8192$/m);
    assert.match(seen, /^collapse range -> (ENOTSUP|EOPNOTSUPP)$/m);
    assert.match(seen, /^insert range -> (ENOTSUP|EOPNOTSUPP)$/m);
    assert.match(seen, /^punch still works -> None$/m);
    assert.match(seen, /^own attribute -> ENODATA$/m);
    assert.match(seen, /^set own -> EPERM$/m);
    rmSync(join(alone.mirror.root, "refused_ways"), { recursive: true });
  });
  await context.test("files-are-simply-there-after-the-stop", async () => {
    const below = picture(alone.mirror.root);
    await alone.mirror.command({ do: "demote", timeoutMs: 10_000 });
    await alone.mirror.close();
    assert.equal(picture(alone.mirror.root), below);
    for (const name of ["programs"]) rmSync(join(alone.mirror.root, name), { recursive: true });
    for (const name of ["programs"]) rmSync(join(alone.plain, name), { recursive: true });
    assert.equal(picture(alone.mirror.root), picture(alone.plain));
  });
});

/** QEMU takes the least direct read that works for the block of its disk. */
void test("guest-writes-of-512-bytes-stay-512-bytes", async (context) => {
  const alone = await Alone.forTest(context);
  const disk = join(alone.mirror.root, "disk.raw");
  writeFileSync(disk, Buffer.alloc(1 << 20, 7));
  const before = await alone.mirror.figures();
  const argv = [
    "bench",
    "-f",
    "raw",
    "-t",
    "none",
    "-w",
    "-c",
    "64",
    "-d",
    "1",
    "-s",
    "512",
    "-S",
    "4096",
    disk,
  ];
  const done = spawnSync("qemu-img", argv, { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  const after = await alone.mirror.figures();
  const written = after.bytesWritten - before.bytesWritten;
  const reads = after.reads - before.reads;
  context.diagnostic(`64 writes of 512 bytes: ${String(written)} bytes written, ${String(reads)} reads`);
  assert.equal(written, 64 * 512);
  assert.ok(reads < 16, `${String(reads)} reads: no more than QEMU's own look at the disk`);
});

void test("unmount-names-who-has-something-open", async (context) => {
  const alone = await Alone.forTest(context);
  writeFileSync(join(alone.mirror.root, "disk"), "x");
  const holder = spawn("sleep", ["60"], { cwd: alone.mirror.root, stdio: "ignore" });
  context.after(() => holder.kill("SIGKILL"));
  await alone.mirror.command({ do: "demote", timeoutMs: 10_000 });
  await assert.rejects(
    alone.mirror.command({ do: "close" }),
    new RegExp(`sleep \\(pid ${String(holder.pid)}\\)`),
  );
  assert.equal((await alone.mirror.status()).mounted, true);
  holder.kill("SIGKILL");
  await new Promise((settle) => holder.once("exit", settle));
  await alone.mirror.close();
  assert.equal(statSync(join(alone.mirror.root, "disk")).size, 1);
});

void test("signals-do-not-end-a-mirror", async (context) => {
  const alone = await Alone.forTest(context);
  const { pid } = alone.mirror;
  assert.ok(pid !== undefined);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.kill(pid, signal);
  await pause(100);
  writeFileSync(join(alone.mirror.root, "still"), "served");
  assert.equal((await alone.mirror.status()).mounted, true);
});

void test("identity-lasts-through-the-death-of-the-mirror", async (context) => {
  const alone = await Alone.forTest(context);
  const path = join(alone.mirror.root, "file");
  writeFileSync(path, "content");
  const { ino } = statSync(path, { bigint: true });
  alone.mirror.kill();
  await alone.mirror.gone();
  assert.throws(() => readFileSync(path), /ENOTCONN|ECONNABORTED/);
  await alone.start();
  assert.equal(statSync(path, { bigint: true }).ino, ino);
});

void test("mount-point-is-refused", async (context) => {
  const alone = new Alone();
  const { root } = alone.mirror;
  context.after(() => alone.remove());
  assert.equal(spawnSync("mount", ["--bind", root, root]).status, 0);
  context.after(() => spawnSync("umount", [root]));
  await alone.mirror.start();
  const status = await alone.mirror.status();
  assert.equal(status.mounted, false);
  assert.match(status.dataProblem?.message ?? "", /mount point/);
});

void test("small-files-for-the-daemon", async (context) => {
  const { mirror } = await Alone.forTest(context);
  const content = randomBytes(3_000_000);
  const base64 = content.toString("base64");
  for (const bytes of [Buffer.from(""), Buffer.from("a"), Buffer.from("ab"), content]) {
    const text = bytes.toString("base64");
    await mirror.command({ do: "write-file", path: "domain.xml", base64: text, mode: 0o600 });
    assert.deepEqual(await mirror.command({ do: "read-file", path: "domain.xml" }), { base64: text });
  }
  assert.deepEqual(readFileSync(join(mirror.root, "domain.xml")), content);
  mkdirSync(join(mirror.root, "nvram"));
  await mirror.command({ do: "write-file", path: "nvram/vars.fd", base64, mode: 0o640 });
  const { files } = (await mirror.command({ do: "list-files" })) as {
    files: { path: string; bytes: number; mode: number; modified: number }[];
  };
  // Of files: what the kernel remembers of the folder's time is from before the daemon's own file came.
  for (const { path, modified } of files.filter((one) => one.path !== "nvram"))
    assert.equal(modified, Math.floor(statSync(join(mirror.root, path)).mtimeMs / 1000), path);
  const sizes = files.map(({ path, bytes, mode }) => [
    path,
    statSync(join(mirror.root, path)).mode === mode && bytes,
  ]);
  assert.deepEqual(
    sizes.filter(([path]) => path !== "nvram"),
    [
      ["domain.xml", content.length],
      ["nvram/vars.fd", content.length],
    ],
  );
  for (const path of ["../outside", "/etc/passwd", "", "nvram", "none", "domain.xml/x"]) {
    await assert.rejects(mirror.command({ do: "read-file", path }), /file-error/);
    if (path !== "none") {
      await assert.rejects(mirror.command({ do: "write-file", path, base64: "", mode: 0o600 }), /file-error/);
    }
  }
});

void test("nonsense-at-the-door-is-refused", async (context) => {
  const { mirror } = await Alone.forTest(context);
  const nonsense = [
    { do: "no-such-command" },
    { do: "grant", basis: "word" },
    { do: "grant", freeze: { session: "x", counter: 1 }, basis: "word" },
    { do: "promote", alone: { basis: "luck" } },
    { do: "link", on: "maybe" },
    { do: "write-file", path: "a", base64: "!", mode: 1 },
    { do: "attach-guest", pid: process.pid, startTime: "1" },
  ] as unknown as MirrorCommand[];
  for (const command of nonsense) {
    await assert.rejects(mirror.command(command), /bad-command|no-such-guest/, JSON.stringify(command));
  }
  assert.equal((await mirror.status()).role, "primary");
});

void test("guest-process-is-held-by-its-pidfd", async (context) => {
  const { mirror } = await Alone.forTest(context);
  const guest = spawn("sleep", ["60"], { stdio: "ignore" });
  context.after(() => guest.kill("SIGKILL"));
  const pid = guest.pid ?? 0;
  const startTime =
    readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .split(") ")[1]
      ?.split(" ")[19] ?? "";
  assert.equal((await mirror.status()).guest, "none");
  await mirror.command({ do: "attach-guest", pid, startTime });
  assert.equal((await mirror.status()).guest, "running");
  guest.kill("SIGKILL");
  await mirror.until("guest dead", (status) => status.guest === "dead");
  assert.ok(mirror.events.some((event) => event.event === "guest" && event.state === "dead"));
  await mirror.command({ do: "detach-guest" });
  assert.equal((await mirror.status()).guest, "none");
});
