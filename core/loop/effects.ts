// SPDX-License-Identifier: Apache-2.0
// Carrying out what the middle decided. Each effect runs by itself and ends as one event. Of one module,
// those of lane "main" run one after the other and those of lane "answer" (grant, deny, word) at once, since
// a frozen guest waits for them; `terminate` does not wait either: it is what ends a lane that hangs. An
// effect past its `validUntil` is void (R16). A start that takes long on a busy host stays valid while it
// goes on, as long as this daemon itself has had no gap: the middle has watched the facts all the while.

import { failure, GemelError, type Failure } from "../base/errors.js";
import { milliseconds, seconds, type Instant, type Milliseconds } from "../base/units.js";
import { unreachable } from "../base/check.js";
import { demoteLimit } from "../base/limits/decision.js";
import type { Effect } from "../decide/mirror/types.js";
import type { TaskOutcome } from "../decide/mirror/types.js";
import type { Arbiter, ArbiterAnswer } from "../ports/arbiter.js";
import type { Fence, FenceAnswer } from "../ports/fence.js";
import type { Report } from "./node-loop.js";
import type { VmEffects, VmPlace } from "./vm-effects.js";
import type { MirrorCommand, MirrorConfig, MirrorOrder } from "../../native/index.js";

/** The mirror processes of this node. */
export interface MirrorHands {
  readonly open: (module: string, known: MirrorConfig["known"]) => Promise<void>;
  readonly ask: (module: string, command: MirrorOrder, limit: Milliseconds) => Promise<unknown>;
  /** "hangs": it was killed, and the kernel does not let it die yet. */
  readonly terminate: (module: string, root: string) => Promise<"dead" | "hangs">;
  readonly clearMount: (module: string, root: string) => Promise<void>;
}

export interface EffectEdge {
  readonly now: () => Instant;
  /** No gap of the daemon's own since then (R16). */
  readonly hasRunSince: (begin: Instant) => boolean;
  readonly post: (report: Report) => void;
  readonly place: (module: string) => VmPlace;
  readonly mirror: MirrorHands;
  /** The port of this module's kind of arbiter. */
  readonly arbiter: (module: string) => Arbiter;
  readonly fence: Fence;
  readonly vm: VmEffects;
  readonly kill: (module: string) => Promise<void>;
  /** Looks at the module's VM and reports it: the facts after an effect are known before its result is. */
  readonly seeVm: (module: string) => Promise<void>;
  /** True: cloned, so that only differences travel afterwards. */
  readonly setAside: (module: string) => Promise<boolean>;
  readonly send: (effect: Extract<Effect, { readonly do: "send" }>) => void;
  readonly answer: (effect: Extract<Effect, { readonly do: "answer-command" }>) => void;
  /** The mirror refused or a process failed: whatever it says, as a failure with a code. */
  readonly explain: (error: unknown, module: string) => Failure;
}

type ArbiterEffect = Extract<Effect, { readonly do: "ask-arbiter" }>;
type FenceEffect = Extract<Effect, { readonly do: "ask-fence" }>;
type Task = Extract<Effect, { readonly task: number }>;

export class Effects {
  /** Per module: the end of what lane main is doing. */
  private readonly lanes = new Map<string, Promise<void>>();

  constructor(private readonly edge: EffectEdge) {}

  carryOut(effect: Effect): void {
    switch (effect.do) {
      case "send":
        return this.edge.send(effect);
      case "answer-command":
        return this.edge.answer(effect);
      case "ask-arbiter":
        return void this.askArbiter(effect).catch(() => undefined);
      case "ask-fence":
        return void this.askFence(effect).catch(() => undefined);
      case "terminate":
        return void this.run(effect);
      case "mirror":
        if (effect.lane === "answer") return void this.run(effect);
        return this.inLane(effect);
      case "open-mirror":
      case "start-workload":
      case "stop-workload":
      case "set-aside":
        return this.inLane(effect);
      default:
        return unreachable(effect);
    }
  }

  /** A port that fails has not answered either: the middle asks again. */
  private async askArbiter({ module, request, generation, why }: ArbiterEffect): Promise<void> {
    let answer: ArbiterAnswer = { kind: "silent" };
    try {
      answer = await this.edge.arbiter(module).ask({ module, request, generation, why });
    } finally {
      this.edge.post({ kind: "arbiter-answered", module, request, answer });
    }
  }

  /** One that fails has not read back that the node is off. */
  private async askFence({ module, node, epoch, request }: FenceEffect): Promise<void> {
    let answer: FenceAnswer = { kind: "silent" };
    try {
      answer = await this.edge.fence.ask({ node, epoch, request });
    } finally {
      this.edge.post({ kind: "fence-answered", module, request, answer });
    }
  }

  private inLane(effect: Task): void {
    const before = this.lanes.get(effect.module) ?? Promise.resolve();
    this.lanes.set(
      effect.module,
      before.then(() => this.run(effect)),
    );
  }

  private async run(effect: Task): Promise<void> {
    const outcome = await this.attempt(effect);
    const isVms =
      effect.do === "start-workload" || effect.do === "stop-workload" || effect.do === "terminate";
    if (isVms) await this.edge.seeVm(effect.module);
    this.edge.post({ kind: "task-done", module: effect.module, task: effect.task, outcome });
  }

  private async attempt(effect: Task): Promise<TaskOutcome> {
    try {
      if (!this.isValid(effect)) throw new GemelError("GEMEL-9002", effect.module);
      if (effect.do === "set-aside") return { ok: true, cloned: await this.edge.setAside(effect.module) };
      if (effect.do === "terminate") return await this.terminate(effect.module);
      await this.perform(effect);
      return { ok: true };
    } catch (error) {
      const explained =
        error instanceof GemelError ? error.toJSON() : this.edge.explain(error, effect.module);
      return { ok: false, failure: explained };
    }
  }

  private isValid(effect: Task): boolean {
    const until = "validUntil" in effect ? effect.validUntil : undefined;
    return until === undefined || this.edge.now() <= until;
  }

  private async perform(effect: Exclude<Task, { readonly do: "set-aside" | "terminate" }>): Promise<unknown> {
    const { edge } = this;
    switch (effect.do) {
      case "open-mirror": {
        await edge.mirror.open(effect.module, effect.known);
        return;
      }
      case "mirror":
        return await edge.mirror.ask(effect.module, orderOf(effect), commandLimit(effect.command));
      case "start-workload": {
        const begun = edge.now();
        await edge.vm.start(edge.place(effect.module), () => edge.hasRunSince(begun));
        return;
      }
      case "stop-workload": {
        await edge.vm.stop(edge.place(effect.module), effect.how, effect.limit);
        return;
      }
      default:
        return unreachable(effect);
    }
  }

  /**
   * R35, R24: first the VM gets its SIGKILL, then the mirror dies and its connection is aborted (no guest
   * ever sees an error: it is already condemned), then the VM is verified dead. The unmount is tried beside
   * it; the word does not wait, nor for a mirror process that the kernel holds (R20).
   */
  private async terminate(module: string): Promise<TaskOutcome> {
    const { folder } = this.edge.place(module);
    const killed = this.edge.kill(module);
    // Its outcome is awaited below; until then a rejection is nobody's.
    killed.catch(() => undefined);
    const mirror = await this.edge.mirror.terminate(module, folder);
    await killed;
    if (mirror === "hangs") return { ok: true, hangs: true };
    void this.edge.mirror.clearMount(module, folder).catch(() => undefined);
    return { ok: true };
  }
}

/** Its limit goes along: the mirror process may stand still between taking it and doing it. */
const orderOf = ({ command, validUntil }: Extract<Effect, { readonly do: "mirror" }>): MirrorOrder =>
  validUntil === undefined ? command : { ...command, until: validUntil };

/** Changes of role flush what is left; a demotion waits for its writers first. */
const commandLimit = (command: MirrorCommand): Milliseconds => {
  switch (command.do) {
    case "demote":
      return milliseconds(command.timeoutMs + demoteLimit);
    case "close":
    case "give-up":
    case "promote":
    case "initialise":
      return seconds(60);
    default:
      return seconds(10);
  }
};

export const unexplained = (error: unknown, module: string): Failure =>
  failure("GEMEL-9003", module, error instanceof Error ? error.message : String(error));
