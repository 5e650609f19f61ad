// SPDX-License-Identifier: Apache-2.0
/**
 * The main job, told in steps: two hosts, crossed guests under load, a host dies at a random moment, the
 * other one goes on with every acknowledged record, the dead host returns and is filled while the guests
 * run, a swap brings the guest home. Each step says what it demands; the first claim that does not hold
 * ends the story.
 */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { HistoryEntry } from "../../core/api/contract.js";
import { bootCount, complaints, foundValues, pauseMsMax, readAcks } from "../lab/guest/serial.js";
import { waitFor } from "../lab/wait.js";
import { homeOf, on, otherNode, readyLimitMs } from "../e2e/twins.js";
import type { ModuleName, NodeName, Twins } from "../e2e/twins.js";
import { copyPath, difference, keepCopies } from "./copies.js";
import { BrokenClaim, demand } from "./result.js";
import type { DemoOk } from "./result.js";

const modules: readonly ModuleName[] = ["cam1", "bms1"];
/** The host that dies is cam1's home. */
const victim: NodeName = homeOf("cam1");
const survivor: NodeName = otherNode(victim);

const loadSecondsMin = 20;
const acksMin = 2000;
const loadLimitMs = 120_000;
const failoverLimitMs = 60_000;

export interface StoryOptions {
  readonly nonce: string;
  readonly out: string | undefined;
  readonly say: (text: string) => void;
}

/** Which step is being told: named in the result when it fails. */
export interface Progress {
  step: string;
}

interface Kill {
  readonly atMs: number;
  readonly wallTime: string;
  readonly acknowledged: Readonly<Record<string, number>>;
}

export class Story {
  #kill: Kill = { atMs: 0, wallTime: "", acknowledged: {} };
  #detectSeconds = 0;
  #failoverSeconds = 0;
  #reintegrationSeconds = 0;
  #swapSeconds = 0;
  #bytesChanged = 0;
  #bytesResent = 0;
  #bytesHot = 0;

  constructor(
    private readonly twins: Twins,
    private readonly options: StoryOptions,
    private readonly progress: Progress,
  ) {}

  async tell(): Promise<DemoOk> {
    await this.#step("protect two guests, one at home on each host", () => this.#protect());
    await this.#step("load", () => this.#load());
    await this.#step(`${victim} dies`, () => this.#die());
    await this.#step(`${survivor} takes over`, () => this.#takeOver());
    await this.#step(`${victim} returns and is filled while the guests run`, () => this.#reintegrate());
    await this.#step("a swap brings cam1 home", () => this.#swap());
    await this.#step("stop both modules and compare the copies", () => this.#compare());
    return this.#result();
  }

  async #step(name: string, act: () => Promise<void>): Promise<void> {
    this.progress.step = name;
    this.options.say(name);
    await act();
  }

  async #protect(): Promise<void> {
    for (const module of modules) {
      await this.twins.protectAndRun(module, { nonce: this.options.nonce });
      this.options.say(
        `  ${module} runs on ${homeOf(module)} and is protected by ${otherNode(homeOf(module))}`,
      );
    }
  }

  async #load(): Promise<void> {
    const begin = performance.now();
    const seconds = loadSecondsMin + randomInt(0, 10_000) / 1000;
    const enough = (): boolean =>
      performance.now() - begin >= seconds * 1000 && modules.every((module) => this.#acks(module) >= acksMin);
    this.options.say(
      `  the kill comes after ${seconds.toFixed(3)} s and ${acksMin} acknowledgements per guest`,
    );
    await waitFor("the load to have run long enough", enough, loadLimitMs, () =>
      JSON.stringify(this.#allAcks()),
    );
  }

  async #die(): Promise<void> {
    const atMs = performance.now();
    const wallTime = new Date().toISOString();
    await this.twins.host(victim).kill();
    this.#kill = { atMs, wallTime, acknowledged: this.#allAcks() };
    const acknowledged = JSON.stringify(this.#kill.acknowledged);
    this.options.say(`  ${victim} is off at ${wallTime}; acknowledged until then: ${acknowledged}`);
  }

  async #takeOver(): Promise<void> {
    await waitFor(
      `guest cam1 to acknowledge on ${survivor}`,
      () => readAcks(this.twins.guest("cam1").serialOn(survivor)).length > 0,
      failoverLimitMs,
      () => this.twins.guest("cam1").serialOn(survivor).split("\n").slice(-3).join(" | "),
    );
    this.#failoverSeconds = this.#since(this.#kill.atMs);
    this.#detectSeconds = await this.#detection();
    for (const module of modules) await this.twins.untilState(survivor, module, "ALONE");
    this.#demandNothingLost();
    for (const module of modules) await this.twins.acknowledgesMore(module, 100);
    const noticed = `noticed after ${this.#detectSeconds} s`;
    const again = `cam1 acknowledges again after ${this.#failoverSeconds} s`;
    this.options.say(`  ${noticed}, ${again}, nothing is lost`);
  }

  /** From the kill to the decision to take cam1 over, by the survivor's own record. */
  async #detection(): Promise<number> {
    const text = await this.twins.gemel(survivor, "log", "cam1", "--json");
    const entries = JSON.parse(text) as HistoryEntry[];
    const first = entries
      .filter(
        (entry) => entry.node === survivor && entry.kind === "decision" && entry.at >= this.#kill.wallTime,
      )
      .filter((entry) => /ALONE/.test(entry.outcome) || /R21/.test(entry.rule))
      .map((entry) => Date.parse(entry.at))
      .sort((left, right) => left - right)[0];
    demand(first !== undefined, `${survivor} has recorded why it took cam1 over`);
    return Math.round((first ?? 0) - Date.parse(this.#kill.wallTime)) / 1000;
  }

  #demandNothingLost(): void {
    for (const module of modules) {
      const acknowledged = this.#kill.acknowledged[module] ?? 0;
      const serial = this.twins.guest(module).serial();
      const wrong = complaints(serial);
      demand(wrong.length === 0, `guest ${module} never complains: ${wrong.join("; ")}`);
      const found = foundValues(serial);
      const boots = module === "cam1" ? 2 : 1;
      demand(
        bootCount(serial) === boots,
        `guest ${module} has booted ${boots} times so far, not ${bootCount(serial)}`,
      );
      const last = found[found.length - 1] ?? 0;
      if (module === "cam1" && last < acknowledged) {
        throw new BrokenClaim(
          `${module} found ${last} of ${acknowledged} acknowledged records`,
          acknowledged - last,
        );
      }
    }
  }

  async #reintegrate(): Promise<void> {
    await this.twins.host(victim).boot({ daemon: false });
    const changed = modules.map((module) =>
      difference(copyPath(this.twins, victim, module), copyPath(this.twins, survivor, module)),
    );
    this.#bytesChanged = changed.reduce((sum, one) => sum + one.regionBytes, 0);
    const before = await this.twins.resynced(survivor, modules);
    const begin = performance.now();
    this.twins.host(victim).startDaemon();
    for (const module of modules) await this.twins.untilReady(module, survivor);
    this.#reintegrationSeconds = this.#since(begin);
    const after = await this.twins.resynced(survivor, modules);
    this.#bytesResent = after.sent - before.sent;
    this.#bytesHot = after.hot - before.hot;
    for (const module of modules) await this.twins.acknowledgesMore(module);
    const bytes = `${this.#bytesChanged} bytes lay in regions that differed, ${this.#bytesResent} were sent`;
    this.options.say(`  in sync after ${this.#reintegrationSeconds} s: ${bytes}`);
  }

  async #swap(): Promise<void> {
    const begin = performance.now();
    const acknowledged = this.#acks("cam1");
    await this.twins.gemel(survivor, "swap", "cam1", "--timeout", "120");
    await this.twins.untilReady("cam1", victim);
    await this.twins.acknowledgesMore("cam1");
    this.#swapSeconds = this.#since(begin);
    const found = foundValues(this.twins.guest("cam1").serial());
    demand(
      (found[found.length - 1] ?? 0) >= acknowledged,
      "cam1 found every acknowledged record after the swap",
    );
    demand(
      on(await this.twins.module(victim, "cam1"), survivor).state === "SECOND",
      `cam1 is SECOND on ${survivor}`,
    );
    this.options.say(`  cam1 is home again after ${this.#swapSeconds} s`);
  }

  async #compare(): Promise<void> {
    await pause(1000);
    for (const module of modules) await this.twins.gemel(survivor, "stop", module, "--timeout", "120");
    for (const module of modules) {
      for (const node of [victim, survivor]) await this.twins.untilState(node, module, "STOP", readyLimitMs);
      const paths = [copyPath(this.twins, victim, module), copyPath(this.twins, survivor, module)] as const;
      const differing = difference(...paths).bytes;
      demand(differing === 0, `both copies of ${module} are equal, not ${differing} bytes different`);
      await this.#judge(module);
    }
    if (this.options.out !== undefined) this.#keep(this.options.out);
  }

  /** The stopped copy itself, and the guest's own words: every printed number is on the disk. */
  async #judge(module: ModuleName): Promise<void> {
    const guest = this.twins.guest(module);
    const verdict = await guest.check(copyPath(this.twins, victim, module));
    demand(
      verdict.kind === "whole",
      `the disk of ${module} holds no contradiction: ${JSON.stringify(verdict)}`,
    );
    const found = verdict.kind === "whole" ? verdict.highest : 0;
    const acknowledged = this.#acks(module);
    if (found < acknowledged)
      throw new BrokenClaim(
        `${module}: ${acknowledged} acknowledged, ${found} on disk`,
        acknowledged - found,
      );
    const boots = module === "cam1" ? 3 : 1;
    const counted = bootCount(guest.serial());
    demand(counted === boots, `guest ${module} booted ${boots} times (failover and swap), not ${counted}`);
    demand(complaints(guest.serial()).length === 0, `guest ${module} never complains`);
  }

  #keep(out: string): void {
    mkdirSync(out, { recursive: true });
    keepCopies(this.twins, out, modules);
    for (const module of modules)
      writeFileSync(join(out, `${module}.serial`), this.twins.guest(module).serial());
  }

  #result(): DemoOk {
    return {
      demo: "ok",
      nonce: this.options.nonce,
      acknowledged: modules.reduce((sum, module) => sum + this.#acks(module), 0),
      lost: 0,
      failoverSeconds: this.#failoverSeconds,
      detectSeconds: this.#detectSeconds,
      reintegrationSeconds: this.#reintegrationSeconds,
      bytesResent: this.#bytesResent,
      bytesHot: this.#bytesHot,
      bytesChanged: this.#bytesChanged,
      guestPauseMaxMs: pauseMsMax(this.twins.guest("bms1").serial()),
      swapSeconds: this.#swapSeconds,
    };
  }

  #acks(module: ModuleName): number {
    return this.twins.guest(module).acknowledged();
  }

  #allAcks(): Record<string, number> {
    return Object.fromEntries(modules.map((module) => [module, this.#acks(module)]));
  }

  #since(begin: number): number {
    return Math.round(performance.now() - begin) / 1000;
  }
}
