// SPDX-License-Identifier: Apache-2.0
// What a mirror process says of itself, in the words of the history: a person who reads `gemel log` at night
// must see what happened and why, without knowing the engine's words.

import type { MirrorEvent } from "../../../native/index.js";

export interface MirrorWords {
  readonly sentence: string;
  readonly outcome: string;
}

const freezeReasons: Record<Extract<MirrorEvent, { event: "frozen" }>["reason"], string> = {
  "link-lost": "the data link was lost",
  stalled: "the other node stopped answering",
  "host-slept": "this host stood still",
};

const thawReasons: Record<Extract<MirrorEvent, { event: "thawed" }>["by"], string> = {
  peer: "the other node answers again",
  grant: "it may go on alone",
  deny: "it may not go on",
};

/** Nothing for what is not worth a line: it is seen in the status. */
export function wordsOf(event: MirrorEvent): MirrorWords | undefined {
  switch (event.event) {
    case "handshake":
      return { sentence: "The two copies met.", outcome: event.outcome };
    case "peer-lost":
      return { sentence: "The data link was lost.", outcome: event.reason };
    case "frozen":
      return {
        sentence: "The engine holds writes back and asks what to do.",
        outcome: freezeReasons[event.reason],
      };
    case "thawed":
      return { sentence: "The engine's question is answered.", outcome: thawReasons[event.by] };
    case "guest":
      return { sentence: `The engine's guest is ${event.state}.`, outcome: event.why };
    case "in-sync":
      return { sentence: "Both copies are up to date.", outcome: "" };
    case "verified":
      return { sentence: "Both copies were compared.", outcome: comparison(event) };
    case "refused-write":
      return {
        sentence: "A write to the secondary's folder was refused.",
        outcome: `${event.command} (pid ${event.pid})`,
      };
    case "trouble":
      return { sentence: event.message, outcome: event.next };
    case "status":
    case "resync":
      return undefined;
  }
}

function comparison({ differingBytes, repairedBytes }: Extract<MirrorEvent, { event: "verified" }>): string {
  if (differingBytes === 0) return "equal";
  return `${differingBytes} bytes differ, ${repairedBytes} repaired`;
}

/** What it said, as it is, beside the words. */
export function inputsOf(event: MirrorEvent): Readonly<Record<string, string | number | boolean>> {
  const fields = Object.entries(event).filter(([key, value]) => key !== "event" && typeof value !== "object");
  return Object.fromEntries(fields);
}
