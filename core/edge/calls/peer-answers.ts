// SPDX-License-Identifier: Apache-2.0
// What the other node's daemon asks by name, and the rooms that answer it.

import { Value } from "@sinclair/typebox/value";
import { isPeerCall, type PeerAnswers } from "../../api/calls/peer.js";
import { peerSchemas } from "../../api/schemas/peer.js";
import { GemelError } from "../../base/errors.js";
import { seconds } from "../../base/units.js";
import type { AskedNode } from "./rooms.js";

/** Nonsense is refused before anybody sees it; another version may ask what this one does not know. */
export async function answerPeer(running: AskedNode, call: string, body: unknown): Promise<unknown> {
  if (!isPeerCall(call)) throw new GemelError("GEMEL-4008", call, "This node does not know the call.");
  if (!Value.Check(peerSchemas[call].body, body)) throw new GemelError("GEMEL-4008", call);
  // Judged just now by the call's own schema.
  const answer = answersOf(running)[call] as (body: unknown) => Promise<unknown>;
  return await answer(body);
}

function answersOf(running: AskedNode): PeerAnswers {
  const { configSync, progress, modules, mirrors } = running;
  return {
    ...running.recordSync.answers,
    ...running.watch.answers,
    ...running.standby.answers,
    ...running.protection.answers,
    "offer-module": (offer) => Promise.resolve(configSync.taken(offer)),
    procedure: ({ id }) => Promise.resolve(progress.ownProcedure(id)),
    verify: async ({ module, repair }) => {
      modules.expect(module);
      return await mirrors.ask(module, { do: "verify", repair }, seconds(10));
    },
  };
}
