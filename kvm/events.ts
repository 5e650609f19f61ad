// SPDX-License-Identifier: Apache-2.0
// What happens to the host's VMs, as it happens: `virsh event` in a child process for power and disk errors,
// and libvirt's folder of definitions for changed ones (libvirt sends no event when a device is changed in
// the stored definition only).
//
// Events only say where to look: after each the state is read again, so that a lost or misread line costs
// nothing but time. When libvirtd goes away that is told ("lost"), the child is started again with pauses,
// and "back" follows.

import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, watch, type FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Milliseconds } from "../core/base/units.js";
import type { Outcome, VmEvent, VmSummary } from "../core/ports/hypervisor.js";
import { mortal, untranslated } from "./session.js";
import { eventSettle, eventRetry } from "../core/base/limits/kvm.js";

export interface EventOptions {
  readonly uri: string;
  readonly program: string;
  /** /etc/libvirt/qemu: one file per defined VM. */
  readonly definitions: string;
  /** Where libvirt keeps what it says of snapshots and checkpoints: a folder per VM. */
  readonly taken: readonly string[];
  readonly list: () => Promise<Outcome<readonly VmSummary[]>>;
}

type Listener = (event: VmEvent) => void;

export class EventStream {
  readonly #options: EventOptions;
  readonly #listeners = new Set<Listener>();
  /** Events name VMs by name; ids of VMs that are already gone are still needed. */
  readonly #ids = new Map<string, string>();
  readonly #reasons = new Map<string, string>();
  readonly #changed = new Set<string>();
  #child: ChildProcess | undefined;
  readonly #watchers: FSWatcher[] = [];
  #look: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #watchAgain: NodeJS.Timeout | undefined;
  #lost = false;

  constructor(options: EventOptions) {
    this.#options = options;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** What was done here, for whoever listens. */
  tell(id: string, sentence: string, detail: string): void {
    this.#emit({ kind: "told", id, sentence, detail });
  }

  close(): void {
    clearTimeout(this.#again);
    clearTimeout(this.#look);
    this.#look = undefined;
    this.#unwatch();
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
  }

  #begin(): void {
    const { program, uri } = this.#options;
    const child = spawn("setpriv", [...mortal, program, "-q", "-c", uri, "event", "--loop", "--all"], {
      env: untranslated(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    child.on("error", () => this.#ended(child));
    child.on("exit", () => this.#ended(child));
    this.#watchDefinitions();
    // What happened before the child listened is seen by one look.
    this.#lookSoon();
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#unwatch();
    if (!this.#lost) this.#emit({ kind: "lost" });
    this.#lost = true;
    this.#again = setTimeout(() => this.#begin(), eventRetry);
  }

  /** A host that is just being set up has no folders yet: tried again, and then everything in them is new. */
  #watchDefinitions(isLate = false): void {
    const { definitions, taken } = this.#options;
    try {
      this.#watch(definitions, false, (file) => this.#fileChanged(file));
      for (const folder of taken) this.#watch(folder, true, (file) => this.#takenOf(file.split("/")[0]));
      if (isLate) for (const file of readdirSync(definitions)) this.#fileChanged(file);
    } catch {
      this.#watchLater();
    }
  }

  #watch(folder: string, recursive: boolean, changed: (file: string) => void): void {
    const watcher = watch(folder, { recursive }, (_kind, file) => {
      if (file !== null) changed(file);
    });
    this.#watchers.push(watcher);
    watcher.on("error", () => this.#watchLater());
  }

  /** The VM's own file says which one it is. */
  #takenOf(vm: string | undefined): void {
    if (vm !== undefined) this.#fileChanged(`${vm}.xml`);
  }

  #watchLater(): void {
    this.#unwatch();
    this.#watchAgain = setTimeout(() => this.#watchDefinitions(true), eventRetry);
  }

  #unwatch(): void {
    clearTimeout(this.#watchAgain);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #fileChanged(file: string): void {
    if (!file.endsWith(".xml")) return;
    this.#changed.add(file);
    this.#lookSoon();
  }

  #hear(line: string): void {
    const match = /event '([a-z-]+)' for domain '(.*)':\s?(.*)$/.exec(line);
    if (match === null) return;
    const [, kind = "", name = "", text = ""] = match;
    if (kind === "lifecycle") {
      this.#reasons.set(name, text);
      this.#lookSoon();
    } else if (kind.startsWith("io-error")) {
      const id = this.#ids.get(name);
      // The reason variant repeats the plain one with more words.
      if (id !== undefined && kind === "io-error-reason") this.#emit({ kind: "io-error", id, reason: text });
    }
  }

  #lookSoon(after: Milliseconds = eventSettle): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      void this.#read();
    }, after);
  }

  async #read(): Promise<void> {
    const reasons = new Map(this.#reasons);
    const files = [...this.#changed];
    this.#reasons.clear();
    this.#changed.clear();
    const listed = await this.#options.list();
    if (!listed.ok) {
      // A libvirtd that is busy or gone: what is known already must not get lost.
      for (const [name, reason] of reasons) this.#reasons.set(name, reason);
      for (const file of files) this.#changed.add(file);
      if (this.#child !== undefined && this.#changed.size + this.#reasons.size > 0)
        this.#lookSoon(eventRetry);
      return;
    }
    for (const vm of listed.value) this.#ids.set(vm.name, vm.id);
    if (this.#lost && this.#child !== undefined) {
      this.#lost = false;
      this.#emit({ kind: "back" });
    }
    for (const [name, reason] of reasons) {
      const id = this.#ids.get(name);
      const power = listed.value.find((vm) => vm.id === id)?.power ?? "off";
      if (id !== undefined) this.#emit({ kind: "power", id, power, reason });
    }
    for (const file of files) await this.#definitionChanged(file);
  }

  async #definitionChanged(file: string): Promise<void> {
    const text = await readFile(join(this.#options.definitions, file), "utf8").catch(() => "");
    const id = /<uuid>([^<]+)<\/uuid>/.exec(text)?.[1];
    if (id !== undefined) this.#emit({ kind: "definition", id });
  }

  #emit(event: VmEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
