// SPDX-License-Identifier: Apache-2.0
// step(state, event) → { state, effects, decisions }: the whole node, pure. It only dispatches: the event
// becomes a fact (or is answered), then the file of each module's state looks at the facts until nothing
// changes any more.
//
// The loop around it: take one event, step, write what changed of `durable` (with fsync), record the
// decisions, carry out the effects; their results come back as events.

import { check, unreachable } from "../../base/check.js";
import { without } from "../../base/fields.js";
import { turnGapMax } from "../../base/limits.js";
import { failure } from "../../base/errors.js";
import { elapsed, type Instant, type Milliseconds, type ModuleId, type NodeName } from "../../base/units.js";
import { countAnew, newPeer } from "../liveness/liveness.js";
import { applyCommand } from "./commands.js";
import { closeCase, openCase, openTurn, record, setDurable, type Case, type Turn } from "./evidence/turn.js";
import { learn } from "./facts.js";
import { answerTaskDone, hear } from "./peer-messages.js";
import { leave } from "./rules/leaving.js";
import { repeatOwedWord } from "./rules/outdate.js";
import { sideOf, type ModuleSide } from "./side.js";
import { activeTaskDone } from "./states/active.js";
import { decideAlone } from "./states/alone.js";
import { decidePrim } from "./states/prim.js";
import { decideSecond, secondTaskDone } from "./states/second.js";
import { decideStop } from "./states/stop.js";
import { decideWait, waitTaskDone } from "./states/wait.js";
import type {
  Decision,
  Durable,
  Effect,
  Event,
  FailoverPause,
  ModuleConfig,
  ModuleState,
  NodeState,
  TaskKind,
  TaskOutcome,
} from "./types.js";

export interface Step {
  readonly state: NodeState;
  readonly effects: readonly Effect[];
  readonly decisions: readonly Decision[];
}

export interface InitialFacts {
  readonly self: NodeName;
  /** Unique for this run of the daemon. */
  readonly incarnation: string;
  readonly at: Instant;
  /** Whether the host, or only the daemon, has restarted since the daemon last ran. */
  readonly boot: "host" | "daemon";
  /** Each other node with its networks and their heartbeat timeouts. */
  readonly peers: Readonly<Record<NodeName, Readonly<Record<string, Milliseconds>>>>;
  readonly modules: readonly { readonly config: ModuleConfig; readonly durable?: Durable }[];
  /** As the cluster's shared record has it: known before anything is decided. */
  readonly pause?: FailoverPause;
}

export const newDurable: Durable = {
  wish: { kind: "stop", by: "never-started" },
  known: { kind: "never" },
  lastPrim: false,
  leftAlone: false,
  held: false,
};

/** Of a module that was here before and whose record is gone: what runs tells what was wished (R104). */
export const lostDurable: Durable = { ...newDurable, wish: { kind: "stop", by: "record-lost" } };

export function initialState({
  self,
  incarnation,
  at,
  boot,
  peers,
  modules,
  pause,
}: InitialFacts): NodeState {
  const names = Object.keys(peers) as NodeName[];
  return {
    self,
    incarnation,
    turn: at,
    counter: 0,
    hypervisor: "unknown",
    leaving: false,
    ...(pause !== undefined && { pause }),
    peers: Object.fromEntries(names.map((name) => [name, newPeer(name, at, peers[name] ?? {})])),
    modules: Object.fromEntries(
      modules.map(({ config, durable = newDurable }) => [
        config.id,
        initialModule({ config, durable, boot, at, side: sideOf(config.nodes, self) }),
      ]),
    ),
  };
}

interface InitialModule {
  readonly config: ModuleConfig;
  readonly durable: Durable;
  readonly boot: "host" | "daemon";
  readonly at: Instant;
  readonly side: ModuleSide;
}

function initialModule({ config, durable, boot, at, side }: InitialModule): ModuleState {
  if (side.kind === "bystander") return { ...restingModule(config, side, at), durable };
  const wish: Durable["wish"] = config.boot
    ? { kind: "run", as: "any" }
    : { kind: "stop", by: "never-started" };
  const isNew = durable.wish.kind === "stop" && durable.wish.by === "never-started";
  return {
    config,
    side,
    // Nothing that ran before the host's boot runs now.
    durable: boot === "host" ? { ...without(durable, "vm"), ...(!isNew && { wish }) } : durable,
    phase: { state: "WAIT", work: { kind: "discovering" } },
    since: at,
    mirror: { kind: "unknown" },
    run: { kind: "unknown", why: "not looked at yet" },
    told: { word: false, empty: false },
    restarts: [],
    mirrorDeaths: [],
  };
}

/** Nothing of it is open here: just configured, or another pair's. */
const restingModule = (config: ModuleConfig, side: ModuleSide, at: Instant): ModuleState => ({
  config,
  side,
  durable: newDurable,
  phase: { state: "STOP", work: { kind: side.kind === "bystander" ? "bystander" : "idle" } },
  since: at,
  mirror: { kind: "none" },
  run: { kind: "off" },
  told: { word: false, empty: false },
  restarts: [],
  mirrorDeaths: [],
});

export function step(state: NodeState, event: Event): Step {
  const turn = openTurn(state, event.at);
  if (elapsed(state.turn, event.at) > turnGapMax) voidAfterGap(turn, elapsed(state.turn, event.at));
  const touched = takeIn(turn, event);
  for (const id of touched) settle(turn, id);
  return { state: { ...turn.node }, effects: turn.effects, decisions: turn.decisions };
}

/**
 * R16: this daemon did not run for a while: silence is counted anew, and what was asked and not yet answered
 * is void.
 */
function voidAfterGap(turn: Turn, gap: Milliseconds): void {
  const { node, at } = turn;
  node.peers = Object.fromEntries(
    Object.entries(node.peers).map(([name, peer]) => [name, countAnew(peer, at)]),
  );
  node.modules = Object.fromEntries(
    Object.values(node.modules).map((module) => [module.config.id, voidModule(module, at)]),
  );
  turn.decisions.push({
    at,
    rule: "R16",
    sentence: "This daemon was held up; every timeout starts anew.",
    inputs: { gapMs: gap },
    outcome: "what was decided before is void",
  });
}

/** What was asked is asked anew; what is already with the engine carries its own limit (validUntil). */
function voidModule(module: ModuleState, at: Instant): ModuleState {
  const { freeze, phase, ...rest } = module;
  const isOnItsWay = freeze?.task !== undefined || freeze?.delivered === true;
  const kept = { ...rest, ...(freeze !== undefined && isOnItsWay && { freeze }) };
  const isAsking =
    phase.state === "WAIT" && (phase.work.kind === "claiming" || phase.work.kind === "asking-word");
  if (!isAsking) return { ...kept, phase };
  return { ...kept, since: at, phase: { state: "WAIT", work: { kind: "waiting", reason: "peer-deciding" } } };
}

/** The event becomes knowledge, or is answered. Returns the modules to look at. */
function takeIn(turn: Turn, event: Event): readonly ModuleId[] {
  const all = (): readonly ModuleId[] => Object.keys(turn.node.modules) as ModuleId[];
  switch (event.kind) {
    case "tick":
      return all();
    case "command":
      return command(turn, event);
    case "peer-message":
      return inModule(turn, event.message.module, (c) => {
        if (c.other === event.from) hear(c, event.message);
      });
    case "task-done":
      return inModule(turn, event.module, (c) => taskDone(c, event.task, event.outcome));
    case "checker":
      return inModule(turn, event.module, (c) => checker(c, event.action, event.why));
    case "module-configured":
      configure(turn, event);
      return all();
    case "module-removed":
      turn.node.modules = Object.fromEntries(
        Object.entries(turn.node.modules).filter(([id]) => id !== event.module),
      );
      return [];
    default:
      learn(turn, event);
      return "module" in event ? [event.module] : all();
  }
}

function inModule(turn: Turn, id: ModuleId, action: (c: Case) => void): readonly ModuleId[] {
  const module = turn.node.modules[id];
  if (module === undefined || module.side.kind === "bystander") return [];
  const c = openCase(turn, module);
  action(c);
  closeCase(c);
  return [id];
}

function configure(turn: Turn, event: Extract<Event, { kind: "module-configured" }>): void {
  const { config, durable } = event;
  const known = turn.node.modules[config.id];
  const side = sideOf(config.nodes, turn.node.self);
  turn.node.modules = { ...turn.node.modules, [config.id]: module() };

  function module(): ModuleState {
    if (known?.side.kind === side.kind) return { ...known, config, side };
    if (durable === undefined) return restingModule(config, side, turn.at);
    return initialModule({ config, durable, boot: "daemon", at: turn.at, side });
  }
}

function command(turn: Turn, event: Extract<Event, { kind: "command" }>): readonly ModuleId[] {
  const { id, by, command: asked } = event;
  if (asked.do === "shutdown") return asked.back === true ? stay(turn, id, by) : shutdown(turn, id, by);
  const module = turn.node.modules[asked.module];
  if (module === undefined || module.side.kind === "bystander") {
    const code = module === undefined ? "GEMEL-1001" : "GEMEL-1015";
    const answer = { ok: false, failure: failure(code, asked.module) } as const;
    turn.effects.push({ do: "answer-command", id, answer });
    return [];
  }
  return inModule(turn, asked.module, (c) => {
    turn.effects.push({ do: "answer-command", id, answer: applyCommand(c, asked, by) });
  });
}

/** Orderly host shutdown: every module of this node leaves with goodbye (R22); nothing starts any more. */
function shutdown(turn: Turn, id: string, by: string): readonly ModuleId[] {
  turn.node.leaving = true;
  const ids = Object.keys(turn.node.modules) as ModuleId[];
  for (const module of ids) {
    inModule(turn, module, (c) => {
      const { phase } = c.m;
      if (phase.state !== "STOP") setDurable(c, { wish: { kind: "stop", by: "shutdown" } });
      const isBusy = phase.work.kind === "leaving" || phase.work.kind === "discovering";
      if (phase.state !== "STOP" && !isBusy) {
        leave(c, { purpose: "shutdown" }, "R22", "The host shuts down.", { by });
      }
    });
  }
  const answer = {
    ok: true,
    sentence: "All modules of this node stop with goodbye.",
    until: ["STOP"],
  } as const;
  turn.effects.push({ do: "answer-command", id, answer });
  return ids;
}

/** What a shutdown that does not happen has stopped starts again; what a person had stopped does not. */
function stay(turn: Turn, id: string, by: string): readonly ModuleId[] {
  turn.node.leaving = false;
  const ids = Object.keys(turn.node.modules) as ModuleId[];
  for (const module of ids) {
    inModule(turn, module, (c) => {
      const { wish } = c.m.durable;
      if (wish.kind !== "stop" || wish.by !== "shutdown") return;
      setDurable(c, { wish: { kind: "run", as: "any" } });
      record(c, "R22", "The host does not shut down.", { by }, "it starts again");
    });
  }
  const sentence = "The modules that the shutdown has stopped start again.";
  turn.effects.push({ do: "answer-command", id, answer: { ok: true, sentence, until: [] } });
  return ids;
}

function checker(c: Case, action: "restart" | "stopstart" | "stop" | "swap", why: string): void {
  const by = `checker: ${why}`;
  if (action === "stop") applyCommand(c, { do: "stop", module: c.id, scope: "node", force: false }, by);
  else applyCommand(c, { do: action, module: c.id }, by);
}

/** A late result of something given up long ago has an older number and changes nothing. */
function taskDone(c: Case, number: number, outcome: TaskOutcome): void {
  if (answerTaskDone(c, number, outcome)) return;
  const task = c.m.task;
  if (task?.id !== number) return;
  delete c.m.task;
  countFailures(c, task.what, outcome.ok);
  const { phase } = c.m;
  switch (phase.state) {
    case "STOP":
      return;
    case "WAIT": {
      waitTaskDone(c, phase.work, task, outcome);
      return;
    }
    case "ALONE":
    case "PRIM": {
      activeTaskDone(c, phase.work, task, outcome);
      return;
    }
    case "SECOND": {
      secondTaskDone(c, phase.work, task, outcome);
      return;
    }
    default:
      return unreachable(phase);
  }
}

function countFailures(c: Case, what: TaskKind, ok: boolean): void {
  const { failures } = c.m;
  if (ok) delete c.m.failures;
  else c.m.failures = { what, count: failures?.what === what ? failures.count + 1 : 1 };
}

/** Looks at one module until its facts bring about nothing more. */
function settle(turn: Turn, id: ModuleId): void {
  const module = turn.node.modules[id];
  if (module === undefined || module.side.kind === "bystander") return;
  const c = openCase(turn, module);
  let rounds = 0;
  while (decide(c)) check((rounds += 1) < 20, "a turn comes to rest");
  repeatOwedWord(c);
  closeCase(c);
}

function decide(c: Case): boolean {
  const { phase } = c.m;
  switch (phase.state) {
    case "STOP":
      return decideStop(c);
    case "WAIT":
      return decideWait(c, phase.work);
    case "ALONE":
      return decideAlone(c, phase.work);
    case "PRIM":
      return decidePrim(c, phase.work);
    case "SECOND":
      return decideSecond(c, phase.work);
    default:
      return unreachable(phase);
  }
}
