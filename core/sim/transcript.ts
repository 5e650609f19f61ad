// SPDX-License-Identifier: Apache-2.0
// Reads and plays a transcript: failover told as text. One line is one thing done or one thing expected:
//
//   # a sentence                                  comment
//   config failover=off arbiter=lease             before anything else; also modules=cam1,bms1 stop=save
//   config also=gamma                             a third node, of no module's pair
//   fence silent|refuses|works                    of arbiter=lease-and-fence; at first it works
//   given pair                                    alpha's files are the good ones, both started
//   alpha: swap                                   a command given on alpha (--both, --force)
//   cut data | cut heart alpha>beta | heal data   networks; "link" is the data link alone, "arbiter" its way
//   power-off beta | boot beta | crash beta | freeze beta | thaw beta | shutdown beta
//   stay alpha                                    its shutdown is taken back
//   kill daemon alpha | start daemon alpha | kill mirror alpha | kill qemu alpha | libvirtd alpha off|on
//   pause | pause alpha | resume | resume alpha   automatic failover, on both or as one host alone knows it
//   fill 60                                       a reintegration takes this many seconds from now on
//   dies beta after start                         its daemon dies there (caller.ts) the next time
//   hang mirror beta bms1 | wake mirror beta bms1 it lives and does nothing (kernel: cannot die)
//   switch-off alpha | panic alpha                the guest ends in order; crashes and its process is kept
//   by-hand alpha                                 the VM is started without Gemel
//   reflinks beta                                 its file system clones what resolve sets aside
//   deaf alpha | vm-start alpha fails|works | unmount alpha | mount alpha | disk alpha full|free
//   fails alpha undefine | works alpha undefine   whatever is asked for by this name is refused from now on
//   slow alpha start 11                           it takes this many seconds from now on
//   holds alpha | lets-go alpha                   some process keeps a file open below the mount
//   record alpha hangs|works|lost                 its daemon's own record is (not) written, is gone
//   after 5                                       five seconds pass
//   alpha PRIM Ready, beta SECOND Ready           expected, within 30 s of fake time (or: … within 8)
//   stays 20: alpha WAIT NotReady                 holds at once and for so long
//   vm on beta | vm on both | vm on none          where it executes (paused does not count)
//   refused GEMEL-1004 | accepted                 how the last command was answered
//   says alpha failover-off                       the reason in status
//   nothing lost                                  every acknowledged record is on each copy that counts
//
// Whoever plays it gives the settling of the promises (time.ts) and the text: there is no file here.

import { moduleId, nodeName, type ModuleId, type NodeName } from "../base/units.js";
import type { Command } from "../decide/mirror/command.js";
import { describe } from "../describe/module/sentences.js";
import type { FailoverPause, ModuleConfig, NodeState } from "../decide/mirror/types.js";
import { Cluster, defaultConfig } from "./cluster.js";
import type { Host } from "./host.js";
import { Hindrances } from "./hindrances.js";
import { executes } from "./server.js";
import { transcriptConfig, wordOf } from "./transcript-config.js";
import { newGeneration } from "./mirror/fake-mirror.js";
import type { Settle } from "./time.js";

const expectMs = 30_000;
const answerMs = 1_000;

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Where it is played by somebody who has a cluster in mind, and moves the time himself. */
export interface Stage {
  readonly configs?: readonly ModuleConfig[];
  /** Ends when so much of the fake time has passed. */
  readonly pass?: (ms: number) => Promise<void>;
}

export class Player {
  private made: Cluster | undefined;
  private readonly hindrances = new Hindrances();
  private configs: readonly ModuleConfig[];
  private more: readonly NodeName[] = [];

  constructor(
    private readonly settle: Settle,
    /** Shown every state of every turn (the product test collects them). */
    private readonly look: (state: NodeState) => void = () => undefined,
    private readonly stage: Stage = {},
  ) {
    this.configs = stage.configs ?? [defaultConfig("cam1")];
  }

  /** "NODE before|after OPERATION" */
  private readonly doomed = new Set<string>();
  private lastCommand = "";
  private commands = 0;

  /** Plays all lines; the assertion that fails names its line. */
  async play(name: string, text: string): Promise<void> {
    for (const [index, raw] of text.split("\n").entries()) {
      const line = raw.replace(/#.*/, "").trim();
      if (line === "") continue;
      try {
        await this.line(line);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${name}:${index + 1}: ${raw.trim()}\n${reason}\n${this.picture()}`, {
          cause: error,
        });
      }
    }
  }

  /** Made by the first line that needs it: what is configured comes before. */
  get cluster(): Cluster {
    if (this.made === undefined) {
      this.made = new Cluster(this.configs, this.settle, this.more);
      this.hindrances.reach(this.made);
      this.made.onTurn = (_host, state) => this.look(state);
      this.made.crashes = (node, point) => this.doomed.delete(`${node} ${point}`);
    }
    return this.made;
  }

  private async pass(ms: number): Promise<void> {
    await (this.stage.pass ?? ((wait) => this.cluster.run(wait)))(ms);
  }

  private async line(line: string): Promise<void> {
    const [verb = "", ...words] = line.split(/\s+/);
    const handler = this.verbs[verb];
    if (handler !== undefined) await handler(words, line);
    else if (/^(alpha|beta|gamma):$/.test(verb)) await this.command(verb.slice(0, -1), words);
    else if (/^(alpha|beta|gamma)$/.test(verb)) await this.expect(line);
    else throw new Error(`nobody knows what this line means`);
  }

  private readonly verbs: Readonly<Record<string, (words: string[], line: string) => void | Promise<void>>> =
    {
      config: (words) => this.config(words),
      given: (words) => this.given(words[0] ?? ""),
      after: ([seconds]) => this.pass(Number(seconds) * 1000),
      cut: ([net = "", way]) => {
        const [from = "alpha", to = "beta"] = (way ?? "").split(">").filter((word) => word !== "");
        if (net === "arbiter")
          for (const host of ["alpha", "beta"]) this.cluster.networks.cut("arbiter", host, "arbiter");
        else this.cluster.networks.cut(net, from, to, way !== undefined);
      },
      heal: ([net = ""]) => this.cluster.networks.heal(net),
      "power-off": ([host]) => this.host(host).powerOff(),
      boot: ([host]) => this.host(host).boot(),
      crash: ([host]) => this.crash(this.host(host)),
      freeze: ([host]) => this.host(host).freeze(),
      thaw: ([host]) => this.host(host).thaw(),
      shutdown: ([host]) => this.give(this.host(host), { do: "shutdown" }),
      stay: ([host]) => this.give(this.host(host), { do: "shutdown", back: true }),
      kill: ([what, host, module]) => this.kill(what ?? "", this.host(host), this.id(module)),
      dies: (words) => void this.doomed.add(words.join(" ")),
      hang: ([by, host, id]) => this.host(host).hangMirror(this.id(id), by === "kernel"),
      wake: ([, host, module]) => this.host(host).mirrors.get(this.id(module))?.wake(),
      start: ([, host]) => this.host(host).startDaemon(),
      "switch-off": ([host]) => this.host(host).endMachine(this.id(undefined), true),
      panic: ([host]) => this.host(host).panic(this.id(undefined)),
      "by-hand": async ([host]) => {
        this.host(host).startMachine(this.id(undefined), false);
        // Seen by the daemon, too.
        await this.pass(100);
      },
      libvirtd: ([host, is]) => this.host(host).setHypervisor(is === "on"),
      pause: ([host]) =>
        this.setPause(host, { since: "2026-11-21T03:12:00Z", by: "admin", why: "maintenance" }),
      resume: ([host]) => this.setPause(host, undefined),
      fence: ([is]) => void (this.cluster.fence.is = wordOf(is, ["works", "silent", "refuses"])),
      fill: ([seconds]) => void (this.cluster.pace.fillMs = Number(seconds) * 1000),
      deaf: ([host]) => {
        this.host(host).isGuestDeaf = true;
      },
      reflinks: ([host]) => {
        this.host(host).hasReflinks = true;
      },
      "vm-start": ([host, how]) => {
        this.host(host).startsFail = how === "fails";
      },
      fails: ([host, what]) => this.hindrances.refuse(this.host(host), what, true),
      works: ([host, what]) => this.hindrances.refuse(this.host(host), what, false),
      holds: ([host]) => this.holdOpen(host, true),
      "lets-go": ([host]) => this.holdOpen(host, false),
      slow: ([host, what, seconds]) => this.hindrances.slow(this.host(host), what, Number(seconds) * 1000),
      unmount: ([host]) => {
        this.host(host).copyOf(this.id(undefined)).isThere = false;
      },
      mount: ([host]) => {
        this.host(host).copyOf(this.id(undefined)).isThere = true;
      },
      disk: ([host, is]) => {
        for (const mirror of this.host(host).mirrors.values()) mirror.diskFull = is === "full";
      },
      record: ([host, is]) => this.host(host).recordIs(wordOf(is, ["works", "hangs", "lost"])),
      stays: (words, line) =>
        this.stays(Number(words[0]?.replace(":", "")), line.replace(/^stays \S+\s*/, "")),
      vm: (words, line) => this.vm(words, line),
      refused: ([code]) => this.answered(code),
      accepted: () => this.answered(undefined),
      says: ([host, reason]) => this.says(this.host(host), reason ?? ""),
      nothing: () => this.nothingLost(),
    };

  private config(words: readonly string[]): void {
    ({ configs: this.configs, more: this.more } = transcriptConfig(words));
  }

  /** What `protect` leaves behind, then both started. */
  private async given(what: string): Promise<void> {
    demand(what === "pair", "only a pair can be given");
    for (const { id } of this.configs) {
      const copy = this.host("alpha").copyOf(id);
      Object.assign(copy, {
        state: "consistent",
        generation: newGeneration(`given ${id}`),
        right: "alone",
        basis: "first",
      });
    }
    await this.pass(500);
    for (const { id } of this.configs) {
      await this.give(this.host("alpha"), { do: "start", module: id, scope: "both" });
    }
    for (const { id } of this.configs) await this.expectOf(id, "alpha PRIM Ready, beta SECOND Ready", 60_000);
    await this.pass(2000);
  }

  private setPause(host: string | undefined, pause: FailoverPause | undefined): void {
    for (const one of host === undefined ? this.cluster.hosts : [this.host(host)]) one.setPause(pause);
  }

  private holdOpen(host: string | undefined, isHeld: boolean): void {
    const mirror = this.host(host).mirrors.get(this.id(undefined));
    demand(mirror !== undefined, "nothing is mounted there");
    mirror.isHeldOpen = isHeld;
  }

  private id(name: string | undefined): ModuleId {
    return name === undefined ? (this.configs[0]?.id ?? moduleId("cam1")) : moduleId(name);
  }

  private host(name: string | undefined): Host {
    return this.cluster.host(name ?? "");
  }

  private async command(host: string, words: readonly string[]): Promise<void> {
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
    demand(command !== undefined, `there is no command ${verb}`);
    await this.give(this.host(host), command);
  }

  private async give(host: Host, command: Command): Promise<void> {
    this.lastCommand = `c${(this.commands += 1)}`;
    host.command(this.lastCommand, "operator", command);
    await this.pass(0);
  }

  private async vm([, where = "", module]: readonly string[], line: string): Promise<void> {
    const within = /\swithin\s+(\d+)$/.exec(line)?.[1];
    const id = this.id(module === "within" ? undefined : module);
    await this.until(within === undefined ? expectMs : Number(within) * 1000, () => this.vmIsOn(where, id));
  }

  private async answered(code: string | undefined): Promise<void> {
    const find = (): Host["answers"] extends Map<string, infer A> ? A | undefined : never =>
      this.cluster.hosts.map((host) => host.answers.get(this.lastCommand)).find((one) => one !== undefined);
    await this.until(answerMs, () => find() !== undefined);
    const answer = find();
    demand(answer !== undefined, "the command was not answered");
    const said = answer.ok ? undefined : answer.failure.code;
    const words = answer.ok ? answer.sentence : answer.failure.message;
    demand(said === code, `${said ?? "accepted"} instead of ${code ?? "accepted"}: ${words}`);
  }

  private kill(what: string, host: Host, module: ModuleId): void {
    if (what === "daemon") host.killDaemon();
    else if (what === "mirror") host.killMirror(module);
    else host.killGuest(module);
  }

  /** Every Gemel process and QEMU of the host at once; its links stay up. */
  private crash(host: Host): void {
    host.killDaemon();
    for (const { id } of this.configs) {
      host.killMirror(id);
      host.endMachine(id);
    }
  }

  private async expect(line: string): Promise<void> {
    const [, what = line, within] = /^(.*?)(?:\s+within\s+(\d+))?$/.exec(line) ?? [];
    await this.expectOf(this.id(undefined), what, within === undefined ? expectMs : Number(within) * 1000);
  }

  private async expectOf(id: ModuleId, what: string, limitMs: number): Promise<void> {
    await this.until(limitMs, () => this.isSo(id, what));
  }

  private isSo(id: ModuleId, what: string): boolean {
    return what.split(",").every((part) => {
      const [host = "", state, stability, module] = part.trim().split(/\s+/);
      const found = this.describe(this.host(host), module === undefined ? id : moduleId(module));
      if (state === "off") return found === undefined;
      return found?.state === state && (stability === undefined || found?.stability === stability);
    });
  }

  private async stays(seconds: number, what: string): Promise<void> {
    const isSo = (): boolean =>
      what.startsWith("vm on ")
        ? this.vmIsOn(what.split(/\s+/)[2] ?? "", this.id(undefined))
        : this.isSo(this.id(undefined), what);
    const end = this.cluster.now + seconds * 1000;
    while (this.cluster.now < end) {
      demand(isSo(), "did not stay so");
      await this.pass(100);
    }
  }

  private async until(limitMs: number, condition: () => boolean): Promise<void> {
    const end = this.cluster.now + limitMs;
    while (this.cluster.now < end) {
      if (condition()) return;
      await this.pass(100);
    }
    demand(condition(), `not reached within ${limitMs / 1000} s`);
  }

  private vmIsOn(where: string, id: ModuleId): boolean {
    const on = this.cluster.hosts.filter((host) => executes(host.machineOf(id)));
    const names = on.map(({ name }) => name as string);
    if (where === "none") return names.length === 0;
    if (where === "both") return names.length === 2;
    return names.length === 1 && names[0] === where;
  }

  private describe(host: Host, id: ModuleId): ReturnType<typeof describe> {
    return host.state === undefined ? undefined : describe(host.state, id);
  }

  private async says(host: Host, reason: string): Promise<void> {
    await this.until(expectMs, () => this.describe(host, this.id(undefined))?.reason === reason);
  }

  private nothingLost(): void {
    for (const { id } of this.configs) {
      const acknowledged = this.cluster.acknowledged.get(id) ?? new Set<number>();
      demand(acknowledged.size > 0, "nothing was acknowledged at all");
      for (const host of this.cluster.hosts) {
        const copy = host.copyOf(id);
        const counts = host.machineOf(id).on || host.mirrors.get(id)?.inSync === true;
        if (!counts) continue;
        const missing = [...acknowledged].filter((record) => !copy.records.has(record));
        demand(missing.length === 0, `lost on ${host.name}: ${missing.join()}`);
      }
    }
  }

  private picture(): string {
    return this.cluster.hosts
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
