// SPDX-License-Identifier: Apache-2.0
// The fake engines of a pair of daemons under test: C1's fake mirror and link on real time, behind the
// sockets that mirror-host.ts serves. One copy per node and module, which survives its processes.

import { createServer, type Server, type Socket } from "node:net";
import { LineReader } from "../../../core/edge/network/lines.js";
import type { MirrorConfig, MirrorFigures, MirrorRequest, MirrorStatus } from "../../../native/index.js";
import { newCopy, type Copy } from "../../../core/sim/mirror/copy.js";
import { FakeLink } from "../../../core/sim/mirror/fake-link.js";
import { FakeMirror, type Guest } from "../../../core/sim/mirror/fake-mirror.js";

const stepMs = 20;

interface Host {
  readonly pid: number;
  readonly fake: FakeMirror;
  readonly socket: Socket;
}

export class Mirrors {
  private readonly server: Server;
  private readonly copies = new Map<string, Copy>();
  private readonly guests = new Map<string, Guest>();
  private readonly files = new Map<string, string>();
  private readonly hosts = new Map<string, Host>();
  private readonly links = new Map<string, FakeLink>();
  private readonly asked = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  /** Networks between the two nodes are open for data. */
  isOpen = true;

  constructor(private readonly socketPath: string) {
    this.server = createServer((socket) => this.serve(socket));
    this.timer = setInterval(() => this.step(), stepMs);
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(this.socketPath, done));
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const { socket } of this.hosts.values()) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  /** What a file of the module holds on both nodes (the test's way to lay down a definition). */
  put(module: string, path: string, text: string): void {
    this.files.set(`${module}/${path}`, text);
  }

  file(module: string, path: string): string | undefined {
    return this.files.get(`${module}/${path}`);
  }

  status(node: string, module: string): MirrorStatus | undefined {
    return this.hosts.get(`${node}/${module}`)?.fake.status();
  }

  pid(node: string, module: string): number | undefined {
    return this.hosts.get(`${node}/${module}`)?.pid;
  }

  private serve(socket: Socket): void {
    let host: Host | undefined;
    const lines = new LineReader(1 << 20, (value) => {
      if (host === undefined) host = this.welcome(socket, value as { pid: number; config: MirrorConfig });
      else this.answer(host, value as MirrorRequest);
    });
    socket.on("data", (part: Buffer) => lines.push(part));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (host === undefined) return;
      host.fake.die("its process ended");
      const key = keyOf(host.fake);
      if (this.hosts.get(key) === host) this.hosts.delete(key);
    });
  }

  private welcome(socket: Socket, { pid, config }: { pid: number; config: MirrorConfig }): Host {
    const key = `${config.node}/${config.module}`;
    const copy = this.copies.get(key) ?? this.firstCopy(config);
    this.copies.set(key, copy);
    const guest: Guest = { on: false, paused: false };
    this.guests.set(key, guest);
    const now = (): number => Math.round(performance.now());
    const fake = new FakeMirror(config.node, config.peerNode, config.module, copy, guest, now);
    const host = { pid, fake, socket };
    this.hosts.set(key, host);
    return host;
  }

  /** What a test has put there lies on alpha's disk. */
  private firstCopy({ node, module }: MirrorConfig): Copy {
    const hasFiles = node === "alpha" && [...this.files.keys()].some((path) => path.startsWith(`${module}/`));
    return { ...newCopy(), state: hasFiles ? "unknown" : "empty" };
  }

  private answer({ pid, fake, socket }: Host, { id, command }: MirrorRequest): void {
    const reply = (result: unknown): boolean => socket.write(`${JSON.stringify({ id, ok: true, result })}\n`);
    const guest = this.guests.get(keyOf(fake));
    switch (command.do) {
      case "status":
        return void reply({ ...fake.status(), pid });
      case "figures":
        return void reply(this.counted(keyOf(fake)));
      case "list-files":
        return void reply({ files: [{ path: "disk.raw", bytes: 8 * 1024 ** 2, allocated: 1024 ** 2 }] });
      case "read-file": {
        const text = this.files.get(`${fake.module}/${command.path}`) ?? "";
        return void reply({ base64: Buffer.from(text).toString("base64") });
      }
      case "write-file":
        this.files.set(`${fake.module}/${command.path}`, Buffer.from(command.base64, "base64").toString());
        return void reply({});
      case "attach-guest":
      case "detach-guest":
        if (guest !== undefined) guest.on = command.do === "attach-guest";
        fake.do(command);
        return void reply({});
      default: {
        const done = fake.do(command);
        if (done.ok) reply({});
        else socket.write(`${JSON.stringify({ id, ok: false, error: { ...done, next: "" } })}\n`);
        if (command.do === "close" && done.ok) socket.end();
      }
    }
  }

  /** Four writes of 4 KiB between any two questions, each of about 300 µs. */
  private counted(key: string): MirrorFigures {
    const writes = (this.asked.get(key) ?? 0) + 4;
    this.asked.set(key, writes);
    const times = Array.from({ length: 32 }, (_, bucket) => (bucket === 8 ? writes : 0));
    return {
      writeLatency: { whole: times, local: times, peer: times },
      writes,
      reads: 0,
      flushes: 0,
      bytesWritten: writes * 4096,
      bytesRead: 0,
      inFlight: 0,
      dirtyBytes: 0,
      hotExtents: 0,
      resyncBytesSent: 0,
      resyncBytesHashed: 0,
      resyncBytesDiffering: 0,
      resyncBytesHot: 0,
      guestPauseMaxMs: 0,
    };
  }

  private step(): void {
    const modules = new Set([...this.hosts.values()].map(({ fake }) => fake.module));
    for (const module of modules) {
      const [a, b] = [...this.hosts.values()]
        .map(({ fake }) => fake)
        .filter((fake) => fake.module === module)
        .sort((x, y) => (x.node < y.node ? -1 : 1));
      const link =
        this.links.get(module) ?? new FakeLink(() => Math.round(performance.now()), { fillMs: 200 });
      this.links.set(module, link);
      link.step(a, b, { isOpen: this.isOpen });
    }
  }
}

const keyOf = (fake: FakeMirror): string => `${fake.node}/${fake.module}`;
