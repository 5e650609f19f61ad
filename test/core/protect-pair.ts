// SPDX-License-Identifier: Apache-2.0
// Two nodes as protect and unprotect see them: real journals and real files in a temporary folder, fake
// hypervisors, and modules whose states follow the commands at once. What goes wrong is put in by the tests.

import { Value } from "@sinclair/typebox/value";
import type { PeerAnswer, PeerAnswers, PeerBody, PeerCall } from "../../core/api/calls/peer.js";
import { peerSchemas } from "../../core/api/schemas/peer.js";
import type { StateName } from "../../core/base/vocabulary.js";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { GemelError } from "../../core/base/errors.js";
import { moduleId } from "../../core/base/units.js";
import type { ModuleSettings } from "../../core/edge/config/module-file.js";
import { pathsUnder, type Paths } from "../../core/edge/config/paths.js";
import type { Command, CommandAnswer } from "../../core/decide/mirror/command.js";
import type { ModulePicture } from "../../core/decide/mirror/types.js";
import { Procedures, type ProcedureView } from "../../core/procedure/procedure.js";
import type { ProcedureServices, Protection } from "../../core/procedure/services.js";
import { StartGuard } from "../../core/procedure/start-guard.js";
import { createProtection } from "../../core/protect/index.js";
import { FakeHypervisor } from "../contract/fake-hypervisor.js";

export class FakeNode {
  readonly hypervisor: FakeHypervisor;
  readonly paths: Paths;
  readonly settings = new Map<string, ModuleSettings>();
  readonly states = new Map<string, StateName>();
  readonly lastPrim = new Set<string>();
  readonly commands: Command[] = [];
  peer: FakeNode | undefined;
  reachable = true;
  copyRate: number | null = null;
  /** Calls of the other node by name that shall fail. */
  readonly failing = new Set<string>();
  procedures: Procedures;
  protection: Protection;

  constructor(
    readonly name: string,
    readonly root: string,
  ) {
    this.paths = pathsUnder({ etc: join(root, "etc"), state: join(root, "lib"), run: join(root, "run") });
    this.hypervisor = new FakeHypervisor({ node: name });
    [this.procedures, this.protection] = this.#begin();
  }

  /** As after a restart of the daemon: the journals are all that it knows. */
  restart(): void {
    [this.procedures, this.protection] = this.#begin();
    this.procedures.resume();
  }

  async ended(id: string): Promise<ProcedureView> {
    const end = performance.now() + 20_000;
    for (;;) {
      const view = this.procedures.view(id);
      if (view.state !== "running") return view;
      assert.ok(performance.now() < end, `${id} stands at: ${view.step}`);
      await pause(5);
    }
  }

  #begin(): [Procedures, Protection] {
    const procedures = new Procedures(join(this.root, "procedures"), {
      record: () => undefined,
      changed: () => undefined,
    });
    return [procedures, createProtection(this.#services(), procedures)];
  }

  #services(): ProcedureServices {
    const modules = { ids: () => [...this.settings.keys()], settings: (id: string) => this.settings.get(id) };
    return {
      node: this.name,
      peers: this.name === "alpha" ? ["beta"] : ["alpha"],
      paths: this.paths,
      hypervisor: this.hypervisor,
      guard: new StartGuard(this.hypervisor, modules),
      modules: {
        ...modules,
        create: (id, settings) => {
          this.settings.set(id, settings);
          this.states.set(id, this.states.get(id) ?? "STOP");
        },
        remove: (id) => {
          assert.equal(this.states.get(id), "STOP", "only a stopped module is removed");
          this.settings.delete(id);
          this.states.delete(id);
        },
      },
      callPeer: (_node, name, body) => this.#callPeer(name, body),
      command: (command) => this.#command(command),
      view: (module) => this.#view(module),
      peerView: (module) => (this.reachable ? this.peer?.seen(module) : undefined),
      mirror: () => undefined,
      copyRate: () => this.copyRate,
      askMirror: () => Promise.reject(new Error("no mirror here")),
      record: () => undefined,
    };
  }

  seen(module: string): ModulePicture | undefined {
    return this.#view(module);
  }

  async #callPeer<Call extends PeerCall>(name: Call, body: PeerBody<Call>): Promise<PeerAnswer<Call>> {
    if (!this.reachable || this.failing.has(name)) throw new GemelError("GEMEL-1009", name);
    const answers: Partial<PeerAnswers> | undefined = this.peer?.protection.answers;
    const answer: PeerAnswers[Call] | undefined = answers?.[name];
    assert.ok(answer, `the other node does not answer ${name}`);
    const sent = JSON.parse(JSON.stringify(body)) as PeerBody<Call>;
    assert.ok(Value.Check(peerSchemas[name].body, sent), `${name} is asked as its schema says`);
    return await answer(sent);
  }

  async #command(command: Command): Promise<CommandAnswer> {
    this.commands.push(command);
    if (command.do === "prim") {
      const settings = this.settings.get(command.module);
      assert.ok(settings);
      // What the daemon does: the VM is defined from the folder and started.
      const { readFileSync } = await import("node:fs");
      await this.hypervisor.define(readFileSync(join(settings.vm.folder, "domain.xml"), "utf8"));
      await this.hypervisor.startHeld(settings.vm.id);
      await this.hypervisor.letRun(settings.vm.id);
      this.states.set(command.module, "ALONE");
      this.lastPrim.add(command.module);
    } else if (command.do === "start") {
      this.states.set(command.module, "SECOND");
    } else if (command.do === "stop") {
      const vm = this.settings.get(command.module)?.vm.id ?? "";
      await this.hypervisor.kill(vm);
      await this.hypervisor.undefine(vm);
      this.states.set(command.module, "STOP");
      if (this.reachable) this.peer?.states.set(command.module, "STOP");
    }
    return { ok: true, sentence: "", until: [] };
  }

  #view(id: string): ModulePicture | undefined {
    const state = this.states.get(id);
    if (state === undefined) return undefined;
    const runs = state === "ALONE" || state === "PRIM";
    const view: Partial<ModulePicture> = {
      module: moduleId(id),
      state,
      reason: "none",
      vm: runs ? "on" : "off",
      lastPrim: this.lastPrim.has(id),
    };
    return view as ModulePicture;
  }
}

export class Pair {
  readonly root = mkdtempSync(join(tmpdir(), "gemel-protect-"));
  readonly alpha = new FakeNode("alpha", join(this.root, "alpha"));
  readonly beta = new FakeNode("beta", join(this.root, "beta"));
  readonly images = join(this.root, "images");

  constructor() {
    this.alpha.peer = this.beta;
    this.beta.peer = this.alpha;
    mkdirSync(this.images);
  }

  /** A VM with two disks in this folder; returns its id. */
  addVm(name: string, node = this.alpha, images = this.images): string {
    mkdirSync(images, { recursive: true });
    const disks = ["system.raw", "data.raw"].map((file) => join(images, file));
    for (const disk of disks) writeFileSync(disk, `contents of ${disk}`);
    return node.hypervisor.add(name, disks);
  }

  /** Names of files with their inode numbers: renamed files keep theirs. */
  files(folder: string): readonly string[] {
    return readdirSync(folder)
      .map((name) => `${name} ${statSync(join(folder, name)).ino}`)
      .sort();
  }

  async close(): Promise<void> {
    await this.alpha.hypervisor.close();
    await this.beta.hypervisor.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
