// SPDX-License-Identifier: Apache-2.0
/**
 * The set-up script before false package tools: what it says, and that it leaves the machine's own service
 * policy as it was. Nothing is installed here; a whole set-up is what every other suite stands on.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const script = join(root, "setup", "setup.mjs");
const isRoot = process.getuid?.() === 0;
const limitMs = 30_000;

const noPackageIsThere = "echo 'installed base-files'";
const aptThatWaits = 'case "$1" in install) echo began > "$BEGAN"; exec sleep 60;; esac; exit 0';
const aptKnowsAll = 'echo "$2:"; echo "  Candidate: 1.0"';

/** A folder with false programs, to stand first (or alone) in PATH. */
function programs(context: TestContext, scripts: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "gemel-setup-"));
  context.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

function setUp(path: string, ...flags: string[]): { status: number | null; said: string } {
  const env = { ...process.env, PATH: path };
  const result = spawnSync(process.execPath, [script, ...flags], { env, encoding: "utf8", timeout: limitMs });
  return { status: result.status, said: result.stdout + result.stderr };
}

test("setup-lists-packages: each with its reason, and whether it is there", (context) => {
  const path = programs(context, { "dpkg-query": "echo 'installed fuse3'" });
  const { status, said } = setUp(path, "--list");
  assert.equal(status, 0, said);
  assert.match(said, /^there +fuse3 +run +\w/m);
  assert.match(said, /^missing +qemu-system-x86 +run +\w/m);
});

test("setup-without-apt: names what to install by hand", (context) => {
  const { status, said } = setUp(programs(context, { "dpkg-query": noPackageIsThere }));
  assert.equal(status, 1, said);
  assert.match(said, /Only apt .* Install them by hand: build-essential /);
  assert.match(said, /--no-system/);
});

test("setup-unknown-flag: usage, nothing done", (context) => {
  const { status, said } = setUp(programs(context, {}), "--everything");
  assert.equal(status, 2, said);
  assert.match(said, /Unknown: --everything/);
});

test(
  "setup-interrupted-in-apt: the service policy is as it was",
  { skip: !isRoot && "needs root" },
  async (context) => {
    const fakes = { "dpkg-query": noPackageIsThere, "apt-get": aptThatWaits, "apt-cache": aptKnowsAll };
    const folder = programs(context, fakes);
    const began = join(folder, "began");
    // A mount namespace in which /usr/sbin can be written to without the machine noticing.
    const privateSbin = `set -e
    mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work
    mount -t overlay overlay -o lowerdir=/usr/sbin,upperdir=/mnt/upper,workdir=/mnt/work /usr/sbin
    rm -f /usr/sbin/policy-rc.d
    trap : INT
    PATH=${folder}:$PATH ${process.execPath} ${script} --quiet & wait $! || echo "status $?"
    wait || true
    test -e /usr/sbin/policy-rc.d && echo "policy left" || echo "policy gone"`;
    const child = spawn("unshare", ["-m", "bash", "-c", privateSbin], {
      env: { ...process.env, BEGAN: began },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    context.after(() => killGroup(child, "SIGKILL"));
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise((resolve) => child.on("close", resolve));
    await until("apt has begun", () => existsSync(began));
    killGroup(child, "SIGINT");
    await Promise.race([ended, until("the set-up has ended", () => said.includes("policy "))]);
    assert.match(said, /policy gone/);
  },
);

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
