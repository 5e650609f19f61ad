// SPDX-License-Identifier: Apache-2.0
// Reports become facts: level-triggered, so a repeated or a missed report does no harm. Nothing is decided
// here.

import { unreachable } from "../../base/check.js";
import { milliseconds, type ModuleId } from "../../base/units.js";
import {
  controlHeard,
  heartbeatHeard,
  linkGone,
  linkSeen,
  newPeer,
  processClosed,
  type Peer,
} from "../liveness/liveness.js";
import {
  clearOutdated,
  clearVm,
  closeCase,
  openCase,
  setDurable,
  type Case,
  type Turn,
} from "./evidence/turn.js";
import { forgetOldFarewell } from "./rules/farewell.js";
import type { Run } from "../../ports/workload.js";
import type { AskingArbiter, Event, FailoverPause, ModulePicture } from "./types.js";
import type { MirrorStatus } from "../../../native/index.js";

/** Told again and again; recorded when it begins and when it ends. */
function pauseSeen(turn: Turn, pause: FailoverPause | undefined): void {
  const before = turn.node.pause;
  if (pause === undefined) delete turn.node.pause;
  else turn.node.pause = pause;
  if ((before === undefined) === (pause === undefined)) return;
  const { by, why } = pause ?? { by: "", why: "" };
  turn.decisions.push({
    at: turn.at,
    rule: "pause",
    sentence: pause === undefined ? "Automatic failover works again." : "Automatic failover is paused.",
    inputs: pause === undefined ? {} : { by, why },
    outcome: pause === undefined ? "what it held goes on" : "nobody takes over by itself",
  });
}

type Report = Exclude<
  Event,
  {
    kind:
      "tick" | "command" | "peer-message" | "task-done" | "checker" | "module-configured" | "module-removed";
  }
>;

export function learn(turn: Turn, event: Report): void {
  const { at } = turn;
  switch (event.kind) {
    case "heartbeat": {
      ofPeer(turn, event.from, (peer) => heartbeatHeard(peer, event.network, event.incarnation, at));
      return;
    }
    case "control-answer": {
      ofPeer(turn, event.from, (peer) => controlHeard(peer, event.incarnation, at));
      return;
    }
    case "peer-closed": {
      ofPeer(turn, event.from, (peer) => processClosed(peer, at));
      return;
    }
    case "peer-views":
      for (const view of event.views) inModule(turn, view.module, (c) => viewSeen(c, event, view));
      return;
    case "peer-configured":
      if (turn.node.peers[event.peer] === undefined) {
        turn.node.peers = { ...turn.node.peers, [event.peer]: newPeer(event.peer, at, event.networks) };
      }
      return;
    case "mirror-status": {
      inModule(turn, event.module, (c) => mirrorSeen(c, event.status));
      return;
    }
    case "mirror-absent": {
      inModule(turn, event.module, (c) => {
        if (c.m.mirror.kind === "unknown") c.m.mirror = { kind: "none" };
      });
      return;
    }
    case "mirror-gone": {
      inModule(turn, event.module, mirrorGone);
      return;
    }
    case "run-seen": {
      inModule(turn, event.module, (c) => runSeen(c, event.run));
      return;
    }
    case "hypervisor":
      turn.node.hypervisor = event.is;
      return;
    case "failover-pause":
      pauseSeen(turn, event.pause);
      return;
    case "arbiter-answered": {
      inModule(turn, event.module, (c) => arbiterAnswered(c, event));
      return;
    }
    case "fence-answered": {
      const { request, answer: fence } = event;
      inModule(turn, event.module, (c) => hearAsked(c, request, { fence }));
      return;
    }
    default:
      return unreachable(event);
  }
}

function ofPeer(turn: Turn, name: Peer["name"], change: (peer: Peer) => Peer): void {
  const peer = turn.node.peers[name];
  // Words of a node that no module names and nobody configured are refused at the edge; here they mean
  // nothing.
  if (peer !== undefined) turn.node.peers = { ...turn.node.peers, [name]: change(peer) };
}

function inModule(turn: Turn, id: ModuleId, action: (c: Case) => void): void {
  const module = turn.node.modules[id];
  if (module === undefined || module.side.kind === "bystander") return;
  const c = openCase(turn, module);
  action(c);
  closeCase(c);
}

function viewSeen(
  c: Case,
  { from, incarnation, at }: Extract<Event, { kind: "peer-views" }>,
  view: ModulePicture,
): void {
  if (from !== c.other) return;
  const idleSince = c.m.peer?.idleSince ?? at;
  c.m.peer = { view, at, incarnation, ...(!view.primary && { idleSince }) };
}

function mirrorSeen(c: Case, status: MirrorStatus): void {
  // A status that was on its way when the process died says nothing any more; a successor is only taken when
  // opened.
  const isAwaited = c.m.mirror.kind === "up" || c.m.mirror.kind === "unknown" || c.m.task?.what === "open";
  if (!isAwaited) return;
  c.m.mirror = { kind: "up", status, at: c.at };
  const isUp = status.link.kind === "paired" && status.freeze === undefined;
  const quiet = status.link.kind === "down" ? status.link.quietMs : undefined;
  ofPeer(c.turn, c.other, (peer) =>
    linkSeen(peer, c.id, isUp, c.at, quiet === undefined ? undefined : milliseconds(quiet)),
  );
  remember(c, status);
  forgetOldFarewell(c);
}

/** What runs while this node is primary is what it has started; it is that until it is seen off. */
function runSeen(c: Case, run: Run): void {
  c.m.run = run;
  const { state } = c.m.phase;
  const { vm: own } = c.m.durable;
  if (run.kind === "off" && own !== undefined) clearVm(c);
  if (!("instance" in run) || run.instance === own) return;
  if (state === "ALONE" || state === "PRIM") setDurable(c, { vm: run.instance });
}

/**
 * What the daemon's own record keeps of a copy (R27), and when its word has become the engine's own (R20).
 */
function remember(c: Case, status: MirrorStatus): void {
  const { known, outdated, leftAlone } = c.m.durable;
  const isAlone = status.right === "alone" && status.copy === "consistent";
  if (leftAlone !== isAlone && status.dataProblem === undefined) setDurable(c, { leftAlone: isAlone });
  const isCopy = status.copy === "consistent" || status.copy === "inconsistent";
  const isGood = status.dataProblem === undefined && status.fileSystem !== "";
  if (isCopy && isGood && known.kind !== "initialised") {
    setDurable(c, { known: { kind: "initialised", fileSystem: status.fileSystem } });
  }
  if (outdated === undefined || c.m.giving !== undefined || c.m.owed !== undefined) return;
  const isEngines = status.right === "outdated" || status.right === "gave-up";
  const isFilledAnew = status.inSync && status.link.kind === "paired" && status.session > outdated.session;
  if (isEngines || isFilledAnew) clearOutdated(c);
}

function mirrorGone(c: Case): void {
  const { mirror } = c.m;
  if (mirror.kind === "dead" || mirror.kind === "none") return;
  // It was told to close: that is the end of a task, not a death.
  if (c.m.task?.what === "close" || c.m.task?.what === "terminate") return;
  c.m.mirror = { kind: "dead", ...(mirror.kind === "up" && { last: mirror.status }), at: c.at };
  c.m.mirrorDeaths = [...c.m.mirrorDeaths.slice(-9), c.at];
  ofPeer(c.turn, c.other, (peer) => linkGone(peer, c.id));
}

function arbiterAnswered(c: Case, { request, answer }: Extract<Event, { kind: "arbiter-answered" }>): void {
  const { freeze } = c.m;
  if (freeze?.request === request) c.m.freeze = { ...freeze, arbiter: answer };
  hearAsked(c, request, { answer });
}

/** An answer to the request that this module's work is about; to any other one it is void. */
function hearAsked(c: Case, request: string, heard: Pick<AskingArbiter, "answer" | "fence">): void {
  const { phase } = c.m;
  if (phase.work.kind !== "asking-arbiter" || phase.work.request !== request) return;
  if (phase.state === "WAIT") c.m.phase = { state: "WAIT", work: { ...phase.work, ...heard } };
  else if (phase.state === "SECOND") c.m.phase = { state: "SECOND", work: { ...phase.work, ...heard } };
}
