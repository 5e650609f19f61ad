// SPDX-License-Identifier: Apache-2.0
// The far end of private-libvirt.ts: runs in namespaces of its own, where libvirtd, QEMU and the adapter see
// a host that belongs to the test alone. Folders of the real host are covered by ones of the test; then JSON
// lines are served: calls of the port, shell commands, and libvirtd on and off.

import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Hypervisor } from "../../core/ports/hypervisor.js";
import { createKvm } from "../../kvm/index.js";
import { qemuSettings, type QemuVariant } from "../lab/libvirt.js";

export interface InsideRequest {
  readonly id: number;
  readonly call: "port" | "shell" | "start-libvirtd" | "stop-libvirtd" | "listen" | "deafen";
  readonly method?: keyof Hypervisor;
  readonly args: readonly unknown[];
}

/** Where the module's mount is in there. */
export const mountPoint = "/var/lib/gemel/vm/m1";

const covered = [
  "/etc/libvirt",
  "/var/lib/libvirt",
  "/var/log/libvirt",
  "/var/cache/libvirt",
  "/var/lib/gemel",
  "/etc/gemel",
];

function furnish(folder: string, hook: string, qemu: QemuVariant): void {
  const run = (...args: readonly [string, ...string[]]) =>
    execFileSync(args[0], args.slice(1), { stdio: "ignore" });
  const distribution = readFileSync("/etc/libvirt/qemu.conf", "utf8");
  run("mount", "--make-rprivate", "/");
  run("mount", "-t", "tmpfs", "tmpfs", "/run");
  for (const path of covered) {
    const own = join(folder, path);
    mkdirSync(own, { recursive: true });
    mkdirSync(path, { recursive: true });
    run("mount", "--bind", own, path);
  }
  mkdirSync(mountPoint, { recursive: true });
  run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", mountPoint);
  mkdirSync("/var/lib/libvirt/images", { recursive: true });
  mkdirSync("/etc/libvirt/hooks/qemu.d", { recursive: true });
  mkdirSync("/etc/libvirt/qemu", { recursive: true });
  writeFileSync("/etc/libvirt/qemu.conf", distribution + qemuSettings(qemu));
  // As a package would have put it there before libvirtd's first start.
  copyFileSync(hook, "/etc/libvirt/hooks/qemu.d/gemel");
  run("chmod", "755", "/etc/libvirt/hooks/qemu.d/gemel");
  run("ip", "link", "set", "lo", "up");
}

let libvirtd: ChildProcess | undefined;

async function startLibvirtd(): Promise<void> {
  if (libvirtd !== undefined) return;
  libvirtd = spawn("libvirtd", ["-f", "/dev/null"], { stdio: "ignore" });
  for (let tries = 0; tries < 200; tries++) {
    if (existsSync("/run/libvirt/libvirt-sock") && (await shell("virsh -q list --all")).code === 0) return;
    await pause(100);
  }
  throw new Error("libvirtd did not come up within 20 s");
}

async function stopLibvirtd(): Promise<void> {
  const ending = libvirtd;
  libvirtd = undefined;
  if (ending === undefined) return;
  const over = new Promise((resolve) => ending.once("exit", resolve));
  ending.kill("SIGKILL");
  await over;
}

function shell(command: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { timeout: 60_000, env: { ...process.env, LC_ALL: "C" } };
    execFile("sh", ["-c", command], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
    );
  });
}

async function serve(request: InsideRequest, kvm: Hypervisor): Promise<unknown> {
  switch (request.call) {
    case "port": {
      const methods = kvm as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
      return methods[request.method ?? ""]?.(...request.args);
    }
    case "shell":
      return shell(String(request.args[0]));
    case "start-libvirtd":
      return startLibvirtd();
    case "stop-libvirtd":
      return stopLibvirtd();
    case "listen":
      deafen ??= kvm.events((event) => say({ event }));
      return undefined;
    case "deafen":
      deafen?.();
      deafen = undefined;
      return undefined;
  }
}

let deafen: (() => void) | undefined;
const say = (message: unknown) => process.stdout.write(JSON.stringify(message) + "\n");

const [, , folder = "", hook = "", qemu = ""] = process.argv;
furnish(folder, hook, qemu === "root" ? "root" : "distribution");
await startLibvirtd();
const kvm = createKvm({ node: "test", mountType: /^(fuse|tmpfs)/ });
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const request = JSON.parse(line) as InsideRequest;
    serve(request, kvm).then(
      (result) => say({ id: request.id, result }),
      (error: unknown) => say({ id: request.id, error: String(error) }),
    );
  })
  .on("close", () => process.exit(0));
say({ ready: true });
