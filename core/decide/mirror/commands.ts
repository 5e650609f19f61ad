// SPDX-License-Identifier: Apache-2.0
// What a person may ask of a module, when it is refused and why. The same `refusal` answers the command and
// greys the button (sentences.ts), so they cannot differ.

import type { NodeName } from "../../base/units.js";
import type { ModuleVerb, StateName } from "../../base/vocabulary.js";
import { unreachable } from "../../base/check.js";
import { failure, type Failure } from "../../base/errors.js";
import {
  exists,
  inConflict,
  isNothing,
  isUpToDate,
  peerAnswers,
  peerRuns,
  peerView,
} from "./evidence/proofs.js";
import {
  abandonTask,
  become,
  mirrorStatus,
  record,
  refine,
  send,
  setDurable,
  type Case,
} from "./evidence/turn.js";
import { leave } from "./rules/leaving.js";
import type { Phase } from "./types.js";
import { guestName, type Command, type CommandAnswer } from "./command.js";

type ModuleCommand = Exclude<Command, { do: "shutdown" }>;

/** Why this verb is refused now on this node; undefined: allowed. Nothing is changed by asking. */
export function refusal(
  c: Case,
  verb: ModuleVerb,
  { forced = false, keep }: { readonly forced?: boolean; readonly keep?: NodeName | undefined } = {},
): Failure | undefined {
  const { phase } = c.m;
  const no = (code: Parameters<typeof failure>[0], detail?: string): Failure => failure(code, c.id, detail);
  if (phase.work.kind === "bystander") return no("GEMEL-1015");
  if (phase.work.kind === "discovering" && verb !== "stop") return no("GEMEL-1016");
  if (c.turn.node.leaving && verb !== "stop") return no("GEMEL-1013");
  switch (verb) {
    case "start":
      // Started by hand, without Gemel: it is not ours to end.
      if (phase.state === "STOP" && exists(c.m)) return no("GEMEL-5002", "It runs without Gemel.");
      return phase.work.kind === "leaving" ? no("GEMEL-1010") : undefined;
    case "stop":
      return undefined;
    case "restart":
      if (phase.state === "ALONE" || phase.state === "PRIM") {
        return phase.work.kind === "running" ? undefined : no("GEMEL-1010");
      }
      return peerRuns(c) ? no("GEMEL-1005", `Give the command there: --node ${c.other}.`) : no("GEMEL-1002");
    case "stopstart":
      if (phase.state === "STOP") return no("GEMEL-1002");
      return phase.work.kind === "leaving" ? no("GEMEL-1010") : undefined;
    case "swap":
      return swapRefusal(c);
    case "prim":
      return primRefusal(c, forced);
    case "second":
      return secondRefusal(c, forced);
    case "resolve":
      if (isContrary(c, keep)) return no("GEMEL-1020");
      if (!inConflict(c)) return no("GEMEL-1008");
      return peerAnswers(c) ? undefined : no("GEMEL-1009");
    default:
      return unreachable(verb);
  }
}

/** R37: two operators, or one who changed his mind: the first order has its end before the second begins. */
function isContrary(c: Case, keep: NodeName | undefined): boolean {
  const orders = [c.m.durable.resolving?.keep, peerView(c)?.keeps];
  return keep !== undefined && orders.some((one) => one !== undefined && one !== keep);
}

function swapRefusal(c: Case): Failure | undefined {
  const { phase } = c.m;
  if (phase.state === "STOP" || phase.state === "WAIT") return failure("GEMEL-1002", c.id);
  if (inConflict(c)) return failure("GEMEL-1007", c.id);
  if (!peerAnswers(c)) return failure("GEMEL-1009", c.id);
  const isSecond = phase.state === "SECOND";
  // The engine knows it of both copies, and sooner than the other node's view.
  if (!isUpToDate(c) || mirrorStatus(c)?.inSync !== true) {
    return failure("GEMEL-1004", c.id, "A swap needs both copies in sync.");
  }
  if (!isMovable(phase.work.kind)) return failure("GEMEL-1010", c.id);
  if (!isSecond && peerView(c)?.willing !== true) {
    return failure(
      "GEMEL-3001",
      c.id,
      `On ${c.other} the hypervisor does not answer, the module is to stop, or the VM did not start.`,
      `When that is mended: gemel start ${c.id} --node ${c.other}`,
    );
  }
  return undefined;
}

/** A VM that does not come up here may come up there. */
const isMovable = (kind: Phase["work"]["kind"]): boolean =>
  kind === "running" || kind === "following" || kind === "starting";

function primRefusal(c: Case, forced: boolean): Failure | undefined {
  const { phase } = c.m;
  if (phase.state === "ALONE" || phase.state === "PRIM") return undefined;
  if (phase.work.kind === "leaving") return failure("GEMEL-1010", c.id);
  const { resolving } = c.m.durable;
  if (resolving !== undefined && resolving.keep !== c.self) return failure("GEMEL-1020", c.id);
  const status = mirrorStatus(c);
  if (status?.dataProblem !== undefined) return failure("GEMEL-2001", c.id, status.dataProblem.message);
  if (peerRuns(c)) return isHandedOver(c) ? undefined : failure("GEMEL-1005", c.id);
  if (inConflict(c)) return failure("GEMEL-1007", c.id);
  if (status?.copy === "inconsistent" && !forced) return failure("GEMEL-1006", c.id);
  if (status?.copy === "unknown" && !forced) return failure("GEMEL-2002", c.id);
  if (isNothing(status) && !forced) return failure("GEMEL-1019", c.id);
  return undefined;
}

/** The other node has gone ahead and the VM does not start there: it hands over to whom a person names. */
const isHandedOver = (c: Case): boolean =>
  c.m.phase.state === "SECOND" && peerView(c)?.reason === "vm-failing" && mirrorStatus(c)?.inSync === true;

function secondRefusal(c: Case, forced: boolean): Failure | undefined {
  const { phase } = c.m;
  if (phase.state === "ALONE" || phase.state === "PRIM") {
    return phase.state === "PRIM"
      ? failure("GEMEL-1003", c.id, "It runs here: use gemel swap.")
      : failure("GEMEL-1011", c.id);
  }
  if (phase.work.kind === "leaving") return failure("GEMEL-1010", c.id);
  // Setting a copy aside is only for one that another, running copy replaces.
  return forced && !peerRuns(c)
    ? failure("GEMEL-1011", c.id, "The other node does not run the VM.")
    : undefined;
}

/** Carries an allowed command into wish and phase; also for commands that come from the other node. */
export function applyCommand(c: Case, command: Command, by: string): CommandAnswer {
  if (command.do === "shutdown") return { ok: false, failure: failure("GEMEL-4008", c.id) };
  const forced = "force" in command && command.force;
  const refused = refusal(c, command.do, {
    forced,
    keep: command.do === "resolve" ? command.keep : undefined,
  });
  if (refused !== undefined) {
    record(
      c,
      "command",
      `${by} asked for ${command.do}.`,
      { by, verb: command.do },
      `refused: ${refused.message}`,
    );
    return { ok: false, failure: refused };
  }
  record(c, "command", `${by} asked for ${command.do}.`, { by, verb: command.do, forced }, "accepted");
  delete c.m.givenUp;
  return carryOut(c, command, by);
}

function carryOut(c: Case, command: ModuleCommand, by: string): CommandAnswer {
  switch (command.do) {
    case "start":
      return start(c, command.scope === "both", by);
    case "stop":
      return stop(c, command.scope === "both", command.force, by);
    case "restart":
      become(
        c,
        {
          state: activeState(c),
          work: { kind: "restarting", how: c.m.config.stopHow === "off" ? "off" : "shutdown" },
        },
        "restart",
        "The VM is restarted here.",
        { by },
      );
      return yes("The VM is restarted on this node.", ["ALONE", "PRIM"]);
    case "stopstart":
      leave(c, { purpose: "stopstart" }, "stopstart", "The module leaves and comes back.", { by });
      return yes("The module leaves this node and comes back.", ["SECOND", "ALONE", "PRIM"]);
    case "swap":
      return swap(c, command, by);
    case "prim":
      return prim(c, command.force);
    case "second":
      return second(c, command.force);
    case "resolve":
      return resolve(c, command, by);
  }
}

const yes = (sentence: string, until: readonly StateName[]): CommandAnswer => ({ ok: true, sentence, until });

const activeState = (c: Case): "ALONE" | "PRIM" => (c.m.phase.state === "PRIM" ? "PRIM" : "ALONE");

function start(c: Case, both: boolean, by: string): CommandAnswer {
  const { wish } = c.m.durable;
  if (wish.kind === "stop" || wish.as === "second") {
    setDurable(c, { wish: { kind: "run", as: "any" } });
    c.m.restarts = [];
    c.m.mirrorDeaths = [];
    delete c.m.trouble;
  }
  setDurable(c, { held: false });
  delete c.m.startTrouble;
  startNow(c);
  const isHeard = peerAnswers(c);
  const command = { do: "start", module: c.id, scope: "node" } as const;
  if (both && isHeard) send(c, { kind: "command", module: c.id, command, by });
  const there = both && !isHeard ? ` ${c.other} cannot be reached: start it there too when it is back.` : "";
  return yes(`The module starts.${there}`, ["ALONE", "PRIM", "SECOND"]);
}

/** No pause before the next attempt. */
function startNow(c: Case): void {
  const { phase } = c.m;
  if ((phase.state !== "ALONE" && phase.state !== "PRIM") || phase.work.kind !== "starting") return;
  refine(c, { state: phase.state, work: { ...phase.work, notBefore: c.at } });
}

function stop(c: Case, both: boolean, force: boolean, by: string): CommandAnswer {
  const command = { do: "stop", module: c.id, scope: "both", force } as const;
  const { phase } = c.m;
  const isKnown =
    c.m.durable.wish.kind === "stop" && (phase.state === "STOP" || phase.work.kind === "leaving");
  // The other node only repeats what this one knows already.
  const isEcho = by === c.other && c.m.durable.wish.kind === "stop";
  if (!isEcho) setDurable(c, { wish: { kind: "stop", by: by === guestName ? "guest" : "person" } });
  // Said once here; who waits for its turn repeats it. A node that knows already does not echo.
  if (both && !isKnown && peerAnswers(c)) send(c, { kind: "command", module: c.id, command, by });
  if (phase.work.kind === "discovering") {
    return yes("The module stops as soon as it is known what runs here.", ["STOP"]);
  }
  if (phase.state !== "STOP" && (phase.work.kind !== "leaving" || force)) {
    leave(c, { purpose: "stop", both, force }, "stop", "The module stops.", { by });
  } else if (phase.work.kind === "leaving" && phase.work.purpose === "stopstart") {
    const work = { ...phase.work, purpose: "stop" as const };
    if (phase.state === "SECOND") refine(c, { state: "SECOND", work });
    else refine(c, { state: phase.state === "STOP" ? "WAIT" : phase.state, work });
  }
  return yes("The module stops.", ["STOP"]);
}

function swap(c: Case, command: ModuleCommand, by: string): CommandAnswer {
  if (c.m.phase.state === "SECOND") {
    send(c, { kind: "command", module: c.id, command, by });
    return yes("The other node ends the VM and hands over.", ["PRIM", "ALONE"]);
  }
  leave(c, { purpose: "swap" }, "swap", "The VM ends here and starts on the other node.", { by });
  return yes("The VM ends here and starts on the other node.", ["SECOND"]);
}

function prim(c: Case, force: boolean): CommandAnswer {
  const { state } = c.m.phase;
  if (state === "ALONE" || state === "PRIM") return yes("It runs here already.", ["ALONE", "PRIM"]);
  setDurable(c, { wish: { kind: "run", as: "any" }, held: false });
  delete c.m.trouble;
  delete c.m.startTrouble;
  if (isHandedOver(c)) {
    send(c, { kind: "command", module: c.id, command: { do: "swap", module: c.id }, by: c.self });
    return yes("The other node, where the VM does not start, hands over.", ["PRIM", "ALONE"]);
  }
  c.m.forced = { force, since: c.at };
  if (state === "SECOND") {
    abandonTask(c);
    const phase = { state: "WAIT", work: { kind: "waiting", reason: "peer-deciding" } } as const;
    become(c, phase, "prim", "A person wants this node to be primary.");
  }
  return yes("This node becomes primary with the copy it has.", ["ALONE", "PRIM"]);
}

function second(c: Case, force: boolean): CommandAnswer {
  setDurable(c, { wish: { kind: "run", as: "second" }, held: false });
  delete c.m.forced;
  if (force) {
    setDurable(c, { resolving: { keep: c.other, step: "set-aside", agreed: true } });
    return yes("This copy is set aside and filled anew from the other node.", ["SECOND"]);
  }
  return yes("This node starts as secondary only.", ["SECOND"]);
}

function resolve(c: Case, command: Extract<ModuleCommand, { do: "resolve" }>, by: string): CommandAnswer {
  const isKept = command.keep === c.self;
  // The kept node repeats its order while the conflict lasts: what is under way goes on where it stands.
  if (c.m.durable.resolving?.keep !== command.keep) {
    if (by !== c.other && peerAnswers(c)) send(c, { kind: "command", module: c.id, command, by });
    c.m.resolveSent = c.at;
    setDurable(c, { resolving: { keep: command.keep, step: isKept ? "settle" : "set-aside" } });
    if (!isKept) setDurable(c, { wish: { kind: "run", as: "any" } });
  }
  return isKept
    ? yes(`The copy of ${command.keep} goes on.`, ["ALONE", "PRIM"])
    : yes("This copy is set aside, whole; then it is filled anew.", ["SECOND"]);
}
