// SPDX-License-Identifier: Apache-2.0
// Two mirror processes of one module on this machine, without daemons: for engine tests through the addon
// and for the bench. The test plays the daemon: it gives every command itself.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import type { Parsed } from "../../core/base/shape.js";
import { arrivedEvent, arrivedReply, arrivedStatus } from "../../core/edge/mirror/arrived.js";
import type {
  FreezeId,
  MirrorConfig,
  MirrorEvent,
  MirrorFigures,
  MirrorOrder,
  MirrorReply,
  MirrorStatus,
} from "../../native/index.js";

export interface PairOptions {
  /** Work folder; a sub-folder per node is made in it. */
  readonly dir: string;
  readonly acknowledge?: "written" | "received";
  /** Index of the module: port 7420 + index. */
  readonly index?: number;
  readonly addresses?: readonly [string, string];
  readonly stallMs?: number;
  readonly freezeDeadlineMs?: number;
  /** Node names; the first is the one that is made source. */
  readonly names?: readonly [string, string];
  /** The mirror's program of another build; this build's where it is left out. */
  readonly program?: string;
}

const ownProgram = resolve(import.meta.dirname, "../../native/host.js");

const moduleName = "pair";

function whole<T>(said: Parsed<T>): T {
  if (!said.ok) throw new Error(`not what a mirror process says: ${said.why}`);
  return said.value;
}

/** A refusal by the mirror process, with its code. */
export class MirrorRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** One mirror process and the socket to it. */
export class MirrorProcess {
  readonly events: MirrorEvent[] = [];
  readonly root: string;
  #child: ChildProcess | undefined;
  #socket: Socket | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, (reply: MirrorReply) => void>();

  constructor(
    readonly config: MirrorConfig,
    private readonly dir: string,
    private readonly namespace?: readonly string[],
    private readonly program = ownProgram,
  ) {
    this.root = config.root;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const configPath = join(this.dir, "mirror.json");
    writeFileSync(configPath, JSON.stringify(this.config));
    const log = openSync(join(this.dir, "mirror.log"), "a");
    const argv = [...(this.namespace ?? []), process.execPath, this.program, configPath];
    this.#child = spawn(argv[0] as string, argv.slice(1), { stdio: ["ignore", log, log] });
    this.#socket = await this.#dial();
    const lines = createInterface({ input: this.#socket });
    lines.on("line", (line) => this.#take(JSON.parse(line) as object));
    // A mirror process that dies resets its socket; `gone` and the next command tell.
    lines.on("error", () => undefined);
    this.#socket.on("error", () => undefined);
  }

  async #dial(): Promise<Socket> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const socket = connect(this.config.socket);
      const up = await new Promise<boolean>((settle) => {
        socket.once("connect", () => settle(true)).once("error", () => settle(false));
      });
      if (up) return socket;
      if (this.#child?.exitCode !== null) break;
      await pause(50);
    }
    throw new Error(
      `mirror process of ${this.config.node} does not answer; see ${join(this.dir, "mirror.log")}`,
    );
  }

  /** By the daemon's own decoders: what a real mirror process says must be whole to them. */
  #take(line: object): void {
    if ("event" in line) {
      this.events.push(whole(arrivedEvent(line)));
      return;
    }
    const reply = whole(arrivedReply(line));
    this.#waiting.get(reply.id)?.(reply);
    this.#waiting.delete(reply.id);
  }

  async command(command: MirrorOrder): Promise<unknown> {
    const id = this.#nextId++;
    const reply = await new Promise<MirrorReply>((settle) => {
      this.#waiting.set(id, settle);
      this.#socket?.write(JSON.stringify({ id, command }) + "\n");
    });
    if (!reply.ok) throw new MirrorRefusal(reply.error.code, reply.error.message);
    return reply.result;
  }

  async status(): Promise<MirrorStatus> {
    return whole(arrivedStatus(await this.command({ do: "status" })));
  }

  async figures(): Promise<MirrorFigures> {
    return (await this.command({ do: "figures" })) as MirrorFigures;
  }

  /** Waits until the status satisfies `wanted`; the error shows the last status. */
  async until(
    what: string,
    wanted: (status: MirrorStatus) => boolean,
    limitMs = 20_000,
  ): Promise<MirrorStatus> {
    const end = performance.now() + limitMs;
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      if (performance.now() > end) {
        throw new Error(
          `${this.config.node}: not within ${limitMs} ms: ${what}; status ${JSON.stringify(status)}`,
        );
      }
      await pause(30);
    }
  }

  async frozen(limitMs = 10_000): Promise<FreezeId> {
    const status = await this.until("frozen", (now) => now.freeze !== undefined, limitMs);
    const { session, counter } = status.freeze as FreezeId;
    return { session, counter };
  }

  async close(): Promise<void> {
    await this.command({ do: "close" });
    await this.gone();
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** The process has ended. */
  async gone(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((settle) => child.once("exit", settle));
  }

  /**
   * After a test, whatever its outcome: no process, no mount. A kill aborts the FUSE connection by itself.
   */
  async remove(): Promise<void> {
    this.#socket?.destroy();
    this.kill();
    await this.gone();
    for (let attempt = 0; attempt < 3; attempt++) {
      if (spawnSync("umount", [this.root]).status !== 0) break;
    }
  }
}

/** Cluster CA and node certificates for the pair, made by the openssl program. */
function makeCertificates(dir: string, names: readonly [string, string]): void {
  const run = (...argv: string[]): void => {
    const done = spawnSync("openssl", argv, { cwd: dir, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`openssl ${argv.join(" ")}: ${done.stderr}`);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=pair CA", "-days", "30");
  for (const name of names) {
    run("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    run(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      `${name}.pem`,
      "-days",
      "30",
    );
  }
}

export class MirrorPair {
  private constructor(
    readonly first: MirrorProcess,
    readonly second: MirrorProcess,
  ) {}

  /** Makes folders, certificates and configurations; starts nothing. */
  static make(options: PairOptions): MirrorPair {
    const names = options.names ?? ["alpha", "beta"];
    mkdirSync(options.dir, { recursive: true });
    makeCertificates(options.dir, names);
    return new MirrorPair(MirrorPair.#node(options, names, 0), MirrorPair.#node(options, names, 1));
  }

  static #node(options: PairOptions, names: readonly [string, string], which: 0 | 1): MirrorProcess {
    const addresses = options.addresses ?? ["127.0.0.1", "127.0.0.2"];
    const node = names[which];
    const dir = join(options.dir, node);
    const root = join(dir, moduleName);
    const state = join(dir, ".gemel", moduleName);
    mkdirSync(root, { recursive: true, mode: 0o700 });
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const port = 7420 + (options.index ?? 0);
    return new MirrorProcess(
      {
        module: moduleName,
        moduleUuid: "00000000-0000-4000-8000-00000000da1a",
        cluster: "00000000-0000-4000-8000-0000000c1057",
        node,
        peerNode: names[which === 0 ? 1 : 0],
        root,
        state,
        socket: join(dir, "mirror.sock"),
        acknowledge: options.acknowledge ?? "written",
        listen: [{ address: addresses[which], port }],
        peer: [{ address: addresses[which === 0 ? 1 : 0], port }],
        tls: {
          ca: join(options.dir, "ca.pem"),
          cert: join(options.dir, `${node}.pem`),
          key: join(options.dir, `${node}.key`),
        },
        limits: {
          stallMs: options.stallMs ?? 3000,
          askMs: 2000,
          stopMs: 2000,
          freezeDeadlineMs: options.freezeDeadlineMs ?? 6500,
        },
        known: { kind: "never" },
        resyncCap: 0,
      },
      dir,
      undefined,
      options.program,
    );
  }

  /** Both running, first is primary and source; they have not met yet. */
  async startApart(): Promise<void> {
    await this.first.start();
    await this.second.start();
    await this.first.command({ do: "initialise", as: "source" });
    await this.second.command({ do: "initialise", as: "empty" });
    await this.first.command({ do: "promote", alone: { basis: "forced" } });
  }

  /** Second filled, both in sync. */
  async meet(limitMs = 60_000): Promise<void> {
    await this.first.command({ do: "link", on: true });
    await this.second.command({ do: "link", on: true });
    await this.first.until("in sync", (status) => status.inSync, limitMs);
  }

  async startInSync(): Promise<void> {
    await this.startApart();
    await this.meet();
  }

  async remove(): Promise<void> {
    await this.first.remove();
    await this.second.remove();
  }
}
