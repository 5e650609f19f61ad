// SPDX-License-Identifier: Apache-2.0
// Reads and plays a transcript: failover told as text. One line is one thing done or one thing expected:
//
//   # a sentence                                  comment
//   config failover=off arbiter=lease             before anything else; also modules=cam1,bms1
//   given pair                                    alpha's files are the good ones, both started
//   alpha: swap                                   a command given on alpha (--both, --force)
//   cut data | cut heart alpha>beta | heal data   networks; "link" is the data link alone, "arbiter" its way
//   power-off beta | boot beta | crash beta | freeze beta | thaw beta | shutdown beta
//   kill daemon alpha | start daemon alpha | kill mirror alpha | kill qemu alpha | libvirtd alpha off|on
//   pause | pause alpha | resume | resume alpha   automatic failover, on both or as one host alone knows it
//   fill 60                                       a reintegration takes this many seconds from now on
//   by-hand alpha                                 the VM is started without Gemel
//   reflinks beta                                 its file system clones what resolve sets aside
//   deaf alpha | vm-start alpha fails|works | unmount alpha | mount alpha | disk alpha full|free
//   after 5                                       five seconds pass
//   alpha PRIM Ready, beta SECOND Ready           expected, within 30 s of fake time (or: … within 8)
//   stays 20: alpha WAIT NotReady                 holds at once and for so long
//   vm on beta | vm on both | vm on none          where it executes (paused does not count)
//   refused GEMEL-1004 | accepted                 how the last command was answered
//   says alpha failover-off                       the reason in status
//   nothing lost                                  every acknowledged record is on each copy that counts

import assert from "node:assert/strict";
import { milliseconds, moduleId, nodeName, type ModuleId } from "../../core/base/units.js";
import type { Command } from "../../core/decide/mirror/command.js";
import { describe } from "../../core/describe/module/sentences.js";
import type { FailoverPause, ModuleConfig, NodeState } from "../../core/decide/mirror/types.js";
import type { Host } from "./world/host.js";
import { newGeneration } from "./world/fake-mirror.js";
import { defaultConfig, World } from "./world/world.js";

const expectMs = 30_000;

export class Player {
  private world: World | undefined;
  private configs: ModuleConfig[] = [defaultConfig("cam1")];
  /** Shown every state of every turn (the product test collects them). */
  constructor(private readonly look: (state: NodeState) => void = () => undefined) {}

  private lastCommand = "";
  private commands = 0;

  /** Plays all lines; the assertion that fails names its line. */
  play(name: string, text: string): void {
    text.split("\n").forEach((raw, index) => {
      const line = raw.replace(/#.*/, "").trim();
      if (line === "") return;
      try {
        this.line(line);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${name}:${index + 1}: ${raw.trim()}\n${reason}\n${this.picture()}`, {
          cause: error,
        });
      }
    });
  }

  private get w(): World {
    if (this.world === undefined) {
      this.world = new World(this.configs);
      this.world.onTurn = (_host, { state }) => this.look(state);
    }
    return this.world;
  }

  private line(line: string): void {
    const [verb = "", ...words] = line.split(/\s+/);
    const handler = this.verbs[verb];
    if (handler !== undefined) handler(words, line);
    else if (/^(alpha|beta):$/.test(verb)) this.command(verb.slice(0, -1), words);
    else if (/^(alpha|beta)$/.test(verb)) this.expect(line);
    else throw new Error(`nobody knows what this line means`);
  }

  private readonly verbs: Readonly<Record<string, (words: string[], line: string) => void>> = {
    config: (words) => this.config(words),
    given: (words) => this.given(words[0] ?? ""),
    after: ([seconds]) => this.w.run(Number(seconds) * 1000),
    cut: ([net = "", way]) => {
      const [from = "alpha", to = "beta"] = (way ?? "").split(">").filter((word) => word !== "");
      if (net === "arbiter") for (const host of ["alpha", "beta"]) this.w.cut("arbiter", host, "arbiter");
      else this.w.cut(net, from, to, way !== undefined);
    },
    heal: ([net = ""]) => this.w.heal(net),
    "power-off": ([host]) => this.host(host).powerOff(),
    boot: ([host]) => this.host(host).boot(),
    crash: ([host]) => this.crash(this.host(host)),
    freeze: ([host]) => this.host(host).freeze(),
    thaw: ([host]) => this.host(host).thaw(),
    shutdown: ([host]) => this.give(this.host(host), { do: "shutdown" }),
    kill: ([what, host, module]) => this.kill(what ?? "", this.host(host), this.id(module)),
    start: ([, host]) => this.host(host).startDaemon(),
    "by-hand": ([host]) => {
      this.host(host).beginGuest(this.id(undefined));
      this.host(host).seeVm(this.id(undefined));
      this.host(host).turn();
    },
    libvirtd: ([host, is]) => this.host(host).setHypervisor(is === "on"),
    pause: ([host]) =>
      this.setPause(host, { since: "2026-11-21T03:12:00Z", by: "admin", why: "maintenance" }),
    resume: ([host]) => this.setPause(host, undefined),
    fill: ([seconds]) => {
      this.w.pace.fillMs = Number(seconds) * 1000;
    },
    deaf: ([host]) => {
      this.host(host).isGuestDeaf = true;
    },
    reflinks: ([host]) => {
      this.host(host).hasReflinks = true;
    },
    "vm-start": ([host, how]) => {
      this.host(host).startsFail = how === "fails";
    },
    unmount: ([host]) => {
      this.host(host).copyOf(this.id(undefined)).isThere = false;
    },
    mount: ([host]) => {
      this.host(host).copyOf(this.id(undefined)).isThere = true;
    },
    disk: ([host, is]) => {
      for (const mirror of this.host(host).mirrors.values()) mirror.diskFull = is === "full";
    },
    stays: (words, line) => this.stays(Number(words[0]?.replace(":", "")), line.replace(/^stays \S+\s*/, "")),
    vm: ([, where = "", module]) => this.until(expectMs, () => this.vmIsOn(where, this.id(module))),
    refused: ([code]) => this.answered(code),
    accepted: () => this.answered(undefined),
    says: ([host, reason]) => this.says(this.host(host), reason ?? ""),
    nothing: () => this.nothingLost(),
  };

  private config(words: readonly string[]): void {
    const given = new Map(words.map((word) => word.split("=") as [string, string]));
    const names = (given.get("modules") ?? "cam1").split(",");
    const home = given.get("defaultprim");
    this.configs = names.map((name) => ({
      ...defaultConfig(name),
      arbiter: given.get("arbiter") === "lease" ? "lease" : "none",
      failover: given.get("failover") !== "off",
      boot: given.get("boot") !== "off",
      maxLoop: Number(given.get("maxloop") ?? 3),
      niceStop: milliseconds(Number(given.get("nicestop") ?? 300) * 1000),
      ...(home !== undefined && {
        defaultPrim:
          home === "alone" || home === "lastprim"
            ? ({ kind: home } as const)
            : ({ kind: "node", node: nodeName(home) } as const),
      }),
    }));
  }

  /** What `protect` leaves behind, then both started. */
  private given(what: string): void {
    assert.equal(what, "pair");
    for (const { id } of this.configs) {
      const copy = this.host("alpha").copyOf(id);
      Object.assign(copy, {
        state: "consistent",
        generation: newGeneration(),
        right: "alone",
        basis: "first",
      });
    }
    this.w.run(500);
    for (const { id } of this.configs) {
      this.give(this.host("alpha"), { do: "start", module: id, scope: "both" });
    }
    for (const { id } of this.configs) this.expectOf(id, "alpha PRIM Ready, beta SECOND Ready", 60_000);
    this.w.run(2000);
  }

  private setPause(host: string | undefined, pause: FailoverPause | undefined): void {
    for (const one of host === undefined ? this.w.hosts : [this.host(host)]) one.setPause(pause);
  }

  private id(name: string | undefined): ModuleId {
    return name === undefined ? (this.configs[0]?.id ?? moduleId("cam1")) : moduleId(name);
  }

  private host(name: string | undefined): Host {
    return this.w.host(name ?? "");
  }

  private command(host: string, words: readonly string[]): void {
    const [verb = ""] = words;
    const force = words.includes("--force");
    const scope = words.includes("--both") ? "both" : "node";
    const named = words.slice(1).filter((word) => !word.startsWith("--"));
    const module = this.id(verb === "resolve" ? undefined : named[0]);
    const commands: Readonly<Record<string, Command>> = {
      start: { do: "start", module, scope },
      stop: { do: "stop", module, scope, force },
      restart: { do: "restart", module },
      stopstart: { do: "stopstart", module },
      swap: { do: "swap", module },
      prim: { do: "prim", module, force },
      second: { do: "second", module, force },
      resolve: { do: "resolve", module, keep: nodeName(named[0] ?? "") },
    };
    const command = commands[verb];
    assert.ok(command !== undefined, `there is no command ${verb}`);
    this.give(this.host(host), command);
  }

  private give(host: Host, command: Command): void {
    this.lastCommand = `c${(this.commands += 1)}`;
    host.feed({ kind: "command", id: this.lastCommand, by: "operator", command });
    host.turn();
  }

  private answered(code: string | undefined): void {
    const answer = this.w.hosts
      .map((host) => host.answers.get(this.lastCommand))
      .find((one) => one !== undefined);
    assert.ok(answer !== undefined, "the command was not answered");
    assert.equal(
      answer.ok ? undefined : answer.failure.code,
      code,
      answer.ok ? answer.sentence : answer.failure.message,
    );
  }

  private kill(what: string, host: Host, module: ModuleId): void {
    if (what === "daemon") host.killDaemon();
    else if (what === "mirror") host.killMirror(module);
    else host.killGuest(module);
  }

  /** Every Gemel process and QEMU of the host at once; its links stay up. */
  private crash(host: Host): void {
    for (const { id } of this.configs) {
      host.mirrors.get(id)?.die("crash");
      host.mirrors.delete(id);
      Object.assign(host.guestOf(id), { on: false, paused: false });
    }
    host.killDaemon();
  }

  private expect(line: string): void {
    const [, what = line, within] = /^(.*?)(?:\s+within\s+(\d+))?$/.exec(line) ?? [];
    this.expectOf(this.id(undefined), what, within === undefined ? expectMs : Number(within) * 1000);
  }

  private expectOf(id: ModuleId, what: string, limitMs: number): void {
    this.until(limitMs, () => this.isSo(id, what));
  }

  private isSo(id: ModuleId, what: string): boolean {
    return what.split(",").every((part) => {
      const [host = "", state, stability, module] = part.trim().split(/\s+/);
      const found = this.describe(this.host(host), module === undefined ? id : moduleId(module));
      if (state === "off") return found === undefined;
      return found?.state === state && (stability === undefined || found?.stability === stability);
    });
  }

  private stays(seconds: number, what: string): void {
    const isSo = (): boolean =>
      what.startsWith("vm on ")
        ? this.vmIsOn(what.split(/\s+/)[2] ?? "", this.id(undefined))
        : this.isSo(this.id(undefined), what);
    const end = this.w.now + seconds * 1000;
    while (this.w.now < end) {
      assert.ok(isSo(), "did not stay so");
      this.w.run(100);
    }
  }

  private until(limitMs: number, condition: () => boolean): void {
    const end = this.w.now + limitMs;
    while (this.w.now < end) {
      if (condition()) return;
      this.w.run(100);
    }
    assert.ok(condition(), `not reached within ${limitMs / 1000} s`);
  }

  private vmIsOn(where: string, id: ModuleId): boolean {
    const on = this.w.hosts.filter((host) => {
      const guest = host.guestOf(id);
      return guest.on && !guest.paused;
    });
    const names = on.map(({ name }) => name as string);
    if (where === "none") return names.length === 0;
    if (where === "both") return names.length === 2;
    return names.length === 1 && names[0] === where;
  }

  private describe(host: Host, id: ModuleId): ReturnType<typeof describe> {
    return host.state === undefined ? undefined : describe(host.state, id);
  }

  private says(host: Host, reason: string): void {
    this.until(expectMs, () => this.describe(host, this.id(undefined))?.reason === reason);
  }

  private nothingLost(): void {
    for (const { id } of this.configs) {
      const acknowledged = this.w.acknowledged.get(id) ?? new Set<number>();
      assert.ok(acknowledged.size > 0, "nothing was acknowledged at all");
      for (const host of this.w.hosts) {
        const copy = host.copyOf(id);
        const counts = host.guestOf(id).on || host.mirrors.get(id)?.inSync === true;
        if (!counts) continue;
        const missing = [...acknowledged].filter((record) => !copy.records.has(record));
        assert.deepEqual(missing, [], `lost on ${host.name}`);
      }
    }
  }

  private picture(): string {
    return this.w.hosts
      .flatMap((host) => [
        ...this.configs.map(({ id }) => {
          const found = this.describe(host, id);
          const work = host.state?.modules[id]?.phase.work.kind ?? "no daemon";
          const state = `${found?.state ?? "-"} ${found?.stability ?? ""}`;
          return `  ${host.name} ${id}: ${state} (${work}) ${found?.sentence ?? ""}`;
        }),
        ...host.decisions.slice(-12).map(({ at, rule, sentence, outcome, inputs }) => {
          const detail = JSON.stringify(inputs);
          return `    ${(at / 1000).toFixed(1)} ${rule}: ${sentence} ${outcome} ${detail}`;
        }),
      ])
      .join("\n");
  }
}
