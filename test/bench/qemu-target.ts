// SPDX-License-Identifier: Apache-2.0
// QEMU's own synchronous mirror: blockdev-mirror in write-blocking mode onto an NBD server of a second
// qemu-storage-daemon, both with cache.direct and native AIO as its manual recommends; fio speaks NBD to it.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { waitFor } from "../lab/wait.js";
import { diskBytes, type RunningTarget, type Target } from "./work.js";

const program = "/usr/bin/qemu-storage-daemon";
const port = 10_999;

/** Sends QMP commands one after the other and waits for each answer. */
class Monitor {
  readonly #answers: ((line: Record<string, unknown>) => void)[] = [];
  constructor(private readonly socket: Socket) {
    createInterface({ input: socket }).on("line", (text) => {
      const line = JSON.parse(text) as Record<string, unknown>;
      if ("return" in line || "error" in line) this.#answers.shift()?.(line);
    });
  }
  async execute(command: string, parameters?: object): Promise<unknown> {
    const answer = new Promise<Record<string, unknown>>((settle) => this.#answers.push(settle));
    this.socket.write(JSON.stringify({ execute: command, arguments: parameters }) + "\n");
    const line = await answer;
    if ("error" in line) throw new Error(`${command}: ${JSON.stringify(line["error"])}`);
    return line["return"];
  }
}

function disk(node: string, path: string): string[] {
  const file = `driver=file,node-name=${node}0,filename=${path},cache.direct=on,aio=native`;
  return ["--blockdev", file, "--blockdev", `driver=raw,node-name=${node},file=${node}0`];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((settle) => child.once("exit", settle));
  child.kill("SIGKILL");
  await exit;
}

async function startMirror(dir: string, start: (argv: string[]) => void): Promise<string> {
  const paths = { source: join(dir, "source.raw"), target: join(dir, "target.raw") };
  for (const path of Object.values(paths)) execFileSync("fallocate", ["-l", String(diskBytes), path]);
  const address = `addr.type=inet,addr.host=127.0.0.1,addr.port=${port}`;
  start([
    ...disk("peer", paths.target),
    ...["--nbd-server", address, "--export", "type=nbd,id=export,node-name=peer,name=peer,writable=on"],
    ...["--pidfile", join(dir, "peer.pid")],
  ]);
  await waitFor(
    "the NBD server of the copy",
    () => Promise.resolve(existsSync(join(dir, "peer.pid")) || undefined),
    10_000,
  );
  const sockets = { nbd: join(dir, "nbd.sock"), monitor: join(dir, "qmp.sock") };
  start([
    ...disk("source", paths.source),
    ...[
      "--blockdev",
      `driver=nbd,node-name=copy,server.type=inet,server.host=127.0.0.1,server.port=${port},export=peer`,
    ],
    ...["--nbd-server", `addr.type=unix,addr.path=${sockets.nbd}`],
    ...["--chardev", `socket,id=monitor,path=${sockets.monitor},server=on,wait=off`],
    ...["--monitor", "chardev=monitor,mode=control", "--pidfile", join(dir, "source.pid")],
  ]);
  await waitFor(
    "the mirroring daemon",
    () => Promise.resolve(existsSync(join(dir, "source.pid")) || undefined),
    10_000,
  );
  const socket = connect(sockets.monitor);
  const monitor = new Monitor(socket);
  await monitor.execute("qmp_capabilities");
  await monitor.execute("blockdev-mirror", {
    ...{ "job-id": "mirror", device: "source", target: "copy", sync: "full" },
    ...{ "copy-mode": "write-blocking", "filter-node-name": "mirrored" },
  });
  await waitFor(
    "the mirror is ready",
    async () => {
      const jobs = (await monitor.execute("query-jobs")) as { status: string }[];
      return jobs[0]?.status === "ready" || undefined;
    },
    60_000,
  );
  await monitor.execute("block-export-add", {
    type: "nbd",
    id: "disk",
    "node-name": "mirrored",
    name: "disk",
    writable: true,
  });
  socket.unref();
  return sockets.nbd;
}

export const qemuTarget: Target = {
  name: "qemu-mirror",
  missing: () =>
    existsSync(program) ? undefined : "qemu-storage-daemon is not installed (package qemu-system-common)",
  async start(dir: string): Promise<RunningTarget> {
    mkdirSync(dir, { recursive: true });
    const children: ChildProcess[] = [];
    const commands: string[] = [];
    const stop = async (): Promise<void> => {
      for (const child of children.reverse()) await ended(child);
    };
    try {
      const socket = await startMirror(dir, (argv) => {
        commands.push(`qemu-storage-daemon ${argv.join(" ").replaceAll(dir, ".")}`);
        children.push(spawn(program, argv, { stdio: "ignore" }));
      });
      commands.push("blockdev-mirror sync=full copy-mode=write-blocking");
      return {
        fio: ["--ioengine=nbd", `--uri=nbd+unix:///disk?socket=${socket}`],
        commands,
        processes: children.map(({ pid }) => pid).filter((pid) => pid !== undefined),
        stop,
      };
    } catch (failure) {
      await stop();
      throw failure;
    }
  },
};
