// SPDX-License-Identifier: Apache-2.0
// The mirror processes of this node as the daemon knows them: started detached, found again after a restart
// of the daemon, asked for their status once a second and after every event, noticed within moments when they
// die. Decides nothing: what it sees becomes events.
//
//   none ── open ──▶ starting ── socket answers ──▶ up ── socket closed ──▶ process dead? ── yes ──▶ gone
//    ▲                                              │ close                  │                    (an event)
//    └────────────────── closed ◀───────────────────┘                        └ no: connect again, for a while

import { GemelError } from "../../base/errors.js";
import type { Milliseconds } from "../../base/units.js";
import type { MirrorConfig, MirrorEvent, MirrorOrder, MirrorStatus } from "../../../native/index.js";
import { MirrorClient, MirrorRefusal } from "./client.js";
import { isDead, signal, untilDead, type ProcessIdentity } from "./identity.js";
import {
  forgetProcess,
  lastWords,
  launch,
  mirrorFiles,
  rememberedProcess,
  rememberProcess,
  type MirrorFiles,
} from "./launch.js";
import { abortConnection, fuseMountAt, openBelow, unmount } from "./mounts.js";
import {
  mirrorOpenLimit,
  mirrorStatusLimit,
  mirrorStatusEveryMs,
  mirrorReconnectLimitMs,
} from "../../base/limits/edge.js";

export interface MirrorListener {
  readonly status: (module: string, status: MirrorStatus) => void;
  readonly event: (module: string, event: MirrorEvent) => void;
  /** With what a new process begins. */
  readonly config: (module: string, known: MirrorConfig["known"]) => MirrorConfig;
  /** It said something that is nothing of ours. */
  readonly refused: (module: string, why: string) => void;
  /** It ended without being asked to. */
  readonly gone: (module: string, why: string) => void;
}

interface Mirror {
  readonly files: MirrorFiles;
  client: MirrorClient | undefined;
  process: ProcessIdentity | undefined;
  root: string;
  last: MirrorStatus | undefined;
  /** Its end is wanted: not an event. */
  leaving: boolean;
  asking: boolean;
}

export class MirrorSupervisor {
  private readonly mirrors = new Map<string, Mirror>();
  /** Modules to be asked for their status, once more where an answer is awaited. */
  private readonly again = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly folder: string,
    private readonly listener: MirrorListener,
  ) {
    this.timer = setInterval(() => {
      for (const module of this.mirrors.keys()) void this.refresh(module);
    }, mirrorStatusEveryMs);
  }

  /** Lets go of every connection; the processes go on. */
  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
    for (const mirror of this.mirrors.values()) mirror.client?.close();
  }

  lastStatus(module: string): MirrorStatus | undefined {
    return this.mirrors.get(module)?.last;
  }

  /**
   * After a start of the daemon: is one running? A living process whose socket is silent is "gone" and to be
   * terminated.
   */
  async adopt(module: string, root: string): Promise<"up" | "absent" | "silent"> {
    const mirror = this.entry(module, root);
    if (await this.connect(module, mirror)) return "up";
    mirror.process = rememberedProcess(mirror.files);
    if (mirror.process !== undefined) return "silent";
    // A mount without a process (it was killed while we were away) is cleared when the mirror is opened.
    this.mirrors.delete(module);
    return "absent";
  }

  async open(module: string, known: MirrorConfig["known"]): Promise<void> {
    const config = this.listener.config(module, known);
    const mirror = this.entry(module, config.root);
    if (mirror.client !== undefined || (await this.connect(module, mirror))) return;
    await endOld(module, mirror);
    await this.clearMount(module, config.root);
    mirror.leaving = false;
    mirror.last = undefined;
    mirror.process = await launch(mirror.files, config);
    const end = process.hrtime.bigint() + BigInt(mirrorOpenLimit) * 1_000_000n;
    while (!(await this.connect(module, mirror))) {
      if (process.hrtime.bigint() > end || this.stopped) {
        throw new GemelError("GEMEL-2005", module, lastWords(mirror.files));
      }
      await new Promise((done) => setTimeout(done, 50));
      if (mirror.process !== undefined && isDead(mirror.process)) {
        throw new GemelError("GEMEL-2004", module, lastWords(mirror.files));
      }
    }
  }

  async ask(module: string, command: MirrorOrder, limit: Milliseconds): Promise<unknown> {
    const mirror = this.mirrors.get(module);
    if (mirror?.client === undefined) throw new GemelError("GEMEL-2004", module, "No mirror process runs.");
    if (command.do === "close") mirror.leaving = true;
    try {
      const result = await mirror.client.ask(command, limit);
      if (command.do === "close") await this.ended(module, mirror);
      return result;
    } catch (error) {
      mirror.leaving = false;
      throw await withNames(error, module, mirror);
    } finally {
      // Whatever it did, the facts after it are known before its result is.
      if (this.mirrors.get(module) === mirror) await this.lookAt(mirror);
    }
  }

  /** SIGKILL, its connection aborted, verified dead; the mount is cleared as far as nothing holds it. */
  async terminate(module: string, root: string): Promise<"dead" | "hangs"> {
    const mirror = this.entry(module, root);
    mirror.leaving = true;
    const mount = fuseMountAt(root);
    const process_ = mirror.process ?? rememberedProcess(mirror.files);
    if (process_ !== undefined) signal(process_, "SIGKILL");
    const connection = mount?.connection ?? mirror.last?.fuseConnection;
    if (connection !== undefined) abortConnection(connection);
    // R20: remembered until it is dead; what it has under way may still reach the disk.
    if (process_ !== undefined && !(await untilDead(process_, 5_000))) return "hangs";
    this.forget(module, mirror);
    return "dead";
  }

  /** Clears what a dead mirror left mounted; refuses, and says why, while something is open below (R32). */
  async clearMount(module: string, root: string): Promise<void> {
    const mount = fuseMountAt(root);
    if (mount === undefined) return;
    abortConnection(mount.connection);
    const refusal = await unmount(root);
    if (refusal === undefined || fuseMountAt(root) === undefined) return;
    const holders = await openBelow(root, { except: [process.pid], writing: false });
    throw new GemelError("GEMEL-2011", module, sentences([refusal, ...holders]));
  }

  private entry(module: string, root: string): Mirror {
    const found = this.mirrors.get(module);
    if (found !== undefined) {
      found.root = root;
      return found;
    }
    const made: Mirror = {
      files: mirrorFiles(this.folder, module),
      client: undefined,
      process: undefined,
      root,
      last: undefined,
      leaving: false,
      asking: false,
    };
    this.mirrors.set(module, made);
    return made;
  }

  private async connect(module: string, mirror: Mirror): Promise<boolean> {
    try {
      const client = await MirrorClient.connect(mirror.files.socket, module, {
        event: (event) => this.hear(module, mirror, event),
        refused: (why) => this.listener.refused(module, why),
        closed: () => void this.closed(module, mirror, client),
      });
      mirror.client = client;
      await this.refresh(module);
      if (mirror.last !== undefined) mirror.process = rememberProcess(mirror.files, mirror.last.pid);
      return true;
    } catch {
      return false;
    }
  }

  private hear(module: string, mirror: Mirror, event: MirrorEvent): void {
    if (event.event === "status") this.take(module, mirror, event.status);
    else {
      this.listener.event(module, event);
      void this.refresh(module);
    }
  }

  private async refresh(module: string): Promise<void> {
    const mirror = this.mirrors.get(module);
    if (mirror === undefined) return;
    // What happens while an answer is on its way may not be in it.
    this.again.add(module);
    if (mirror.asking) return;
    mirror.asking = true;
    while (this.again.delete(module)) await this.lookAt(mirror);
    mirror.asking = false;
  }

  private async lookAt(mirror: Mirror): Promise<void> {
    try {
      await mirror.client?.ask({ do: "status" }, mirrorStatusLimit);
    } catch {
      // Silence is seen in the age of the last status; a closed connection by its own event.
    }
  }

  private take(module: string, mirror: Mirror, status: MirrorStatus): void {
    mirror.last = status;
    if (!mirror.leaving) this.listener.status(module, status);
  }

  private async closed(module: string, mirror: Mirror, client: MirrorClient): Promise<void> {
    if (mirror.client === client) mirror.client = undefined;
    if (this.stopped || mirror.leaving || this.mirrors.get(module) !== mirror) return;
    const end = process.hrtime.bigint() + BigInt(mirrorReconnectLimitMs) * 1_000_000n;
    while (mirror.process !== undefined && !isDead(mirror.process)) {
      if (await this.connect(module, mirror)) return;
      if (process.hrtime.bigint() > end) break;
      await new Promise((done) => setTimeout(done, 10));
    }
    this.listener.gone(module, lastWords(mirror.files) || "its connection closed");
  }

  private async ended(module: string, mirror: Mirror): Promise<void> {
    if (mirror.process !== undefined && !(await untilDead(mirror.process, 10_000))) {
      signal(mirror.process, "SIGKILL");
    }
    this.forget(module, mirror);
  }

  private forget(module: string, mirror: Mirror): void {
    mirror.client?.close();
    forgetProcess(mirror.files);
    this.mirrors.delete(module);
  }
}

/** The engine counts who keeps it from changing its role; a person has to end them, and needs names. */
async function withNames(error: unknown, module: string, { process: own, root }: Mirror): Promise<unknown> {
  if (!(error instanceof MirrorRefusal) || error.failure.code !== "still-open") return error;
  const except = own === undefined ? [process.pid] : [process.pid, own.pid];
  const holders = await openBelow(root, { except, writing: true });
  return holders.length === 0 ? error : new GemelError("GEMEL-2008", module, sentences(holders));
}

const sentences = (parts: readonly string[]): string =>
  parts.map((part) => (part.endsWith(".") ? part : `${part}.`)).join(" ");

/**
 * One that never came to serve (an opening that hung) must not stand in its successor's way; one that the
 * kernel holds does: what it has under way would be written over what its successor is filled with.
 */
async function endOld(module: string, mirror: Mirror): Promise<void> {
  const old = mirror.process ?? rememberedProcess(mirror.files);
  if (old === undefined || isDead(old)) return;
  signal(old, "SIGKILL");
  if (!(await untilDead(old, 5_000))) throw new GemelError("GEMEL-2036", module);
}
