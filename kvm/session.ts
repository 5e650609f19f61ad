// SPDX-License-Identifier: Apache-2.0
// How this process talks to libvirt without ever waiting inside itself (R33): every call runs in a child
// process and is killed at its limit. What libvirtd answers out of its own memory goes through one lasting
// child around the binding (child.ts); what waits for QEMU's monitor goes through a virsh of its own.
//
// Invariants: at most one monitor call per VM and eight in all are on their way (a QEMU that stands still
// holds up its own VM's calls and nobody else's); the time spent waiting for a turn counts within the call's
// limit; a call that ran into its limit has an unknown outcome and says so.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ErrorCode } from "../core/base/errors.js";
import { milliseconds, seconds, type Milliseconds } from "../core/base/units.js";
import type { Outcome } from "../core/ports/hypervisor.js";
import type { ChildCall, ChildReply, ChildRequest } from "./child.js";
import { done, fromLibvirt, overdue } from "./errors.js";
import { monitorCallsMax, virshOutputMax } from "../core/base/limits/kvm.js";

/** Longest waits, chosen on a 2-core machine with 32 guests: ten times what a call takes there. */
export const callLimits = {
  read: seconds(5),
  define: seconds(10),
  monitor: seconds(10),
  /** Loading firmware and checking images, on a busy host. */
  start: seconds(60),
  capabilities: seconds(30),
  image: seconds(15),
  /** From SIGKILL until a process must be gone, unless the kernel holds it. */
  death: seconds(5),
} as const satisfies Record<string, Milliseconds>;

export interface SessionOptions {
  readonly uri: string;
  readonly program?: string;
}

export class LibvirtSession {
  readonly uri: string;
  readonly #program: string;
  readonly #gate = new MonitorGate();
  #binding: BindingChild | undefined;

  constructor(options: SessionOptions) {
    this.uri = options.uri;
    this.#program = options.program ?? "virsh";
  }

  /**
   * A call that libvirtd answers without QEMU. A connection of before libvirtd's restart is noticed only by
   * using it.
   */
  async ask<T>(call: ChildCall, limit: Milliseconds): Promise<Outcome<T>> {
    const asked = performance.now();
    const used = this.#binding?.ended === false ? this.#binding : undefined;
    const first = await (used ?? this.#connect()).ask(call, limit);
    const left = limit - (performance.now() - asked);
    if (first.ok || first.code !== "GEMEL-3001" || used === undefined || left <= 0)
      return first as Outcome<T>;
    used.end();
    return (await this.#connect().ask(call, milliseconds(left))) as Outcome<T>;
  }

  /** A virsh that does not wait for a monitor. */
  virsh(args: readonly string[], limit: Milliseconds, otherwise?: ErrorCode): Promise<Outcome<string>> {
    return run(this.#program, ["-q", "-c", this.uri, ...args], limit, otherwise);
  }

  /** A virsh that waits for this VM's QEMU. */
  async monitor(
    vm: string,
    args: readonly string[],
    limit: Milliseconds,
    otherwise?: ErrorCode,
  ): Promise<Outcome<string>> {
    const asked = performance.now();
    const leave = await this.#gate.enter(vm, limit);
    if (leave === undefined) return overdue(`virsh ${args[0] ?? ""}`, limit);
    try {
      const left = milliseconds(Math.max(1, limit - (performance.now() - asked)));
      return await this.virsh(args, left, otherwise);
    } finally {
      leave();
    }
  }

  #connect(): BindingChild {
    if (this.#binding?.ended !== false) this.#binding = new BindingChild(this.uri);
    return this.#binding;
  }

  close(): void {
    this.#binding?.end();
    this.#binding = undefined;
  }
}

/** One per VM, eight in all; first come, first served. */
class MonitorGate {
  readonly #busy = new Set<string>();
  readonly #waiting: { readonly vm: string; readonly go: () => void }[] = [];

  /** Undefined when no turn came within the limit. */
  enter(vm: string, limit: Milliseconds): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        resolve(undefined);
      }, limit);
      const entry = {
        vm,
        go: () => {
          clearTimeout(timer);
          this.#busy.add(vm);
          resolve(() => {
            this.#busy.delete(vm);
            this.#admit();
          });
        },
      };
      this.#waiting.push(entry);
      this.#admit();
    });
  }

  #admit(): void {
    while (this.#busy.size < monitorCallsMax) {
      const next = this.#waiting.findIndex(({ vm }) => !this.#busy.has(vm));
      if (next === -1) return;
      this.#waiting.splice(next, 1)[0]?.go();
    }
  }
}

/** One child around the binding. It answers in order, so a call's limit starts when it is sent. */
class BindingChild {
  readonly #uri: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #open = new Map<number, (outcome: Outcome<unknown>) => void>();
  #sequence = 0;
  ended = false;

  constructor(uri: string) {
    this.#uri = uri;
    const script = fileURLToPath(new URL("./child.js", import.meta.url));
    this.#process = spawn(process.execPath, [script], { env: untranslated(), stdio: "pipe" });
    this.#process.stderr.resume();
    this.#process.stdin.on("error", () => this.end());
    this.#process.on("error", () => this.#over("the child process could not be started"));
    this.#process.on("exit", () => this.#over("cannot connect to the hypervisor: the child process ended"));
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#hear(line));
  }

  ask(call: ChildCall, limit: Milliseconds): Promise<Outcome<unknown>> {
    const id = ++this.#sequence;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle(id, overdue(`libvirt's ${call.do}`, limit));
        this.end();
      }, limit);
      this.#open.set(id, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      const request: ChildRequest = { id, uri: this.#uri, call };
      this.#process.stdin.write(JSON.stringify(request) + "\n");
    });
  }

  end(): void {
    this.ended = true;
    this.#process.kill("SIGKILL");
  }

  #hear(line: string): void {
    const reply = JSON.parse(line) as ChildReply;
    this.#settle(reply.id, reply.ok ? done(reply.value) : fromLibvirt(reply.error));
  }

  #settle(id: number, outcome: Outcome<unknown>): void {
    this.#open.get(id)?.(outcome);
    this.#open.delete(id);
  }

  #over(reason: string): void {
    this.ended = true;
    for (const id of [...this.#open.keys()]) this.#settle(id, fromLibvirt(reason));
  }
}

/** Texts are matched (errors.ts), so nobody may translate them. */
export function untranslated(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C", LANGUAGE: "C" };
}

/** Ends with the daemon, however that ends: a virsh that waits for a frozen QEMU would stay for ever. */
export const mortal = ["--pdeathsig", "KILL", "--"] as const;

/** One program, killed at its limit; what it printed, or what it complained about. */
export function run(
  program: string,
  args: readonly string[],
  limit: Milliseconds,
  otherwise?: ErrorCode,
): Promise<Outcome<string>> {
  return new Promise((resolve) => {
    const child = spawn("setpriv", [...mortal, program, ...args], {
      env: untranslated(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    const complaint: Buffer[] = [];
    let size = 0;
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= virshOutputMax) into.push(chunk);
    };
    const finish = (outcome: Outcome<string>) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      finish(overdue([program, ...args.slice(0, 4)].join(" "), limit));
    }, limit);
    child.stdout.on("data", keep(output));
    child.stderr.on("data", keep(complaint));
    child.on("error", (error) => finish(fromLibvirt(`${program}: ${error.message}`, otherwise)));
    child.on("close", (code) => {
      const said = Buffer.concat(output).toString();
      if (code === 0) finish(done(said));
      else finish(fromLibvirt(Buffer.concat(complaint).toString() || said, otherwise));
    });
  });
}
