// SPDX-License-Identifier: Apache-2.0
// Every state × every event, every message, every command: handled, ignored because …, or impossible because
// …. The test (test/core/failover-product.test.ts) walks the product against step() itself, and
// docs/states.md is made of it.

import type { StateName } from "../../base/vocabulary.js";
import type { CommandVerb } from "./command.js";
import type { EventKind, PeerMessageKind } from "./types.js";

export type Handling =
  { readonly kind: "handled"; readonly how: string } | { readonly kind: "ignored"; readonly because: string };

type Row = Readonly<Record<StateName, Handling>>;

const handled = (how: string): Handling => ({ kind: "handled", how });
const ignored = (because: string): Handling => ({ kind: "ignored", because });

const everywhere = (how: string): Row => row(handled(how), {});

function row(usual: Handling, special: Partial<Record<StateName, Handling>>): Row {
  return { STOP: usual, WAIT: usual, ALONE: usual, PRIM: usual, SECOND: usual, ...special };
}

const noMirror = ignored(
  "no mirror process belongs to a stopped module; a late report is of one that was closed",
);
const looked = ignored("the daemon has looked already; a death is reported as mirror-gone");
const noTask = ignored("nothing is outstanding; a late result has an old number");

export const eventHandling: Readonly<Record<EventKind, Row>> = {
  tick: everywhere("the state's file looks at the facts: timeouts, repeats, what became possible"),
  heartbeat: everywhere("a sign of life on that network (membership)"),
  "control-answer": everywhere("a sign of life of the daemon (membership)"),
  "peer-closed": everywhere("suspect at once; no verdict (R21, R24)"),
  "peer-views": everywhere("what the other node does with the module"),
  "peer-message": everywhere("see the messages below"),
  "mirror-status": row(handled("the copy, its proof, the link, a freeze"), { STOP: noMirror }),
  "mirror-absent": row(looked, { WAIT: handled("while discovering: there is none") }),
  "mirror-gone": row(
    handled("the VM, if any, is ended and verified dead; the mirror is opened anew (R24, R35)"),
    {
      STOP: noMirror,
    },
  ),
  "run-seen": row(
    handled("a VM that may not run is ended; one that ended by itself is restarted or counted"),
    {
      STOP: handled("one that runs without Gemel forbids start, untouched; one never let run is ended"),
    },
  ),
  hypervisor: everywhere("without it nothing starts here and no swap comes here; nothing running is touched"),
  "task-done": row(handled("the next step of the work, or the same again later"), { STOP: noTask }),
  "arbiter-answered": row(handled("grant, deny, or asked again (R14, R15)"), {
    STOP: ignored("nothing was asked; a late answer names an old request"),
  }),
  "fence-answered": row(handled("the granted right is used, or the fence asked again"), {
    STOP: ignored("nothing was asked; a late answer names an old request"),
  }),
  checker: row(handled("as the command of that name"), {
    STOP: ignored("the checkers of a stopped module rest; a late one is refused as the command would be"),
  }),
  command: everywhere("see the commands below"),
  "failover-pause": everywhere(
    "while it lasts nobody takes over or goes home by itself; when it ends what it held goes on",
  ),
  "module-configured": everywhere("the new settings count from the next decision on"),
  "module-removed": everywhere("forgotten; the edge removes only stopped modules"),
  "peer-configured": everywhere("a node to listen to"),
};

const noClaim = ignored("claims nothing, so none is answered");
const noWork = ignored("asked for nothing; a late answer names an old request");

export const messageHandling: Readonly<Record<PeerMessageKind, Row>> = {
  "word-request": row(
    handled("given, unless it finds out, stops a VM, ran alone last or outranks the asker (R20)"),
    {
      ALONE: handled("refused: runs"),
      PRIM: handled("refused: runs"),
      STOP: handled("given; remembered before it leaves"),
    },
  ),
  word: row(handled("recorded by the engine, then acted upon"), {
    STOP: handled("acknowledged; this copy does not follow from it"),
    ALONE: handled("answers the freeze, else remembered for the next one"),
    PRIM: handled("answers the freeze, else remembered for the next one"),
  }),
  "word-refused": row(noWork, {
    WAIT: handled("judged anew"),
    ALONE: handled("runs: this side is denied (R14)"),
    PRIM: handled("runs: this side is denied (R14)"),
  }),
  "word-taken": everywhere("the word owed is not repeated any more"),
  goodbye: row(handled("recorded by the engine, acknowledged, then acted upon (R22)"), {
    STOP: handled("acknowledged; this copy does not follow from it"),
  }),
  "goodbye-taken": row(handled("the leaving node closes"), {
    STOP: ignored("it has left already"),
    SECOND: ignored("a leaving secondary is shown as WAIT from here on"),
  }),
  "hand-over": row(handled("noted: the other node does not run it any more"), {
    SECOND: handled("claims the primary's role in this session"),
  }),
  claim: row(handled("agreed or refused with the reason"), {
    ALONE: handled("refused: runs"),
    PRIM: handled("refused: runs"),
    STOP: handled("refused: not paired"),
  }),
  "claim-agreed": row(noClaim, { WAIT: handled("PRIM or ALONE, in this session") }),
  "claim-refused": row(noClaim, { WAIT: handled("the other goes ahead, or it is asked again") }),
  command: everywhere("as if a person had given it here"),
};

export const commandHandling: Readonly<Record<CommandVerb, Row>> = {
  start: row(handled("already started: clears what held it back"), {
    STOP: handled("opens the mirror, then the rules decide"),
  }),
  stop: row(handled("leaves in order; both: the secondary last"), { STOP: handled("stays stopped") }),
  restart: row(ignored("refused: the VM does not run here"), {
    ALONE: handled("the VM is stopped and started here"),
    PRIM: handled("the VM is stopped and started here"),
  }),
  stopstart: row(handled("leaves with goodbye and comes back"), { STOP: ignored("refused: it is stopped") }),
  swap: row(ignored("refused: nothing to exchange"), {
    PRIM: handled("VM off, demoted, handed over"),
    ALONE: handled("refused: the other is not up to date"),
    SECOND: handled("passed on to the primary"),
  }),
  prim: row(handled("goes ahead with the copy it has, unless the other runs"), {
    ALONE: handled("it runs here already"),
    PRIM: handled("it runs here already"),
  }),
  second: row(handled("follows only"), {
    ALONE: handled("refused: the only complete copy"),
    PRIM: handled("refused: use swap"),
  }),
  resolve: row(handled("only in a conflict: one copy goes on, the other is kept aside (P8)"), {}),
  shutdown: row(handled("leaves with goodbye; nothing starts any more (R22)"), {
    STOP: handled("stays stopped; nothing starts any more, until the shutdown is taken back"),
  }),
};
