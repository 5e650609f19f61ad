// SPDX-License-Identifier: Apache-2.0
// What two daemons ask each other by name, below one way of the API. Both may be of different versions: a
// body or an answer may have more than is named here, and what one of them has to bear with is left unknown
// here and judged where it is read.

import { Type } from "@sinclair/typebox";
import type { VmDetails } from "../../ports/hypervisor.js";
import type { CallSchemas } from "./calls.js";
import { copyView } from "./modules.js";
import { oneOfPart, optionalPart } from "./parts.js";
import { protectReply, unprotectRequest } from "./protect.js";
import { findingView, procedureStatus } from "./status.js";

const ofModule = Type.Object({ module: Type.String() });
const done = Type.Unknown();

/** The hypervisor's own facts go to the other host's hypervisor as they are. */
const vmDetails = Type.Unsafe<VmDetails>(
  Type.Object({
    id: Type.String(),
    name: Type.String(),
    definition: Type.String(),
    disks: Type.Array(Type.Object({ target: Type.String(), path: Type.String(), size: Type.Number() })),
    host: Type.Object({ cpuModel: Type.String() }),
  }),
);

const room = Type.Object({
  folder: Type.String(),
  module: Type.String(),
  /** Of the module that is to be. */
  uuid: Type.String(),
  index: Type.Integer({ minimum: 0 }),
});

export const peerSchemas = {
  // The other node's configuration of a module: the higher revision wins.
  "offer-module": {
    body: Type.Object({ id: Type.String(), xml: Type.String() }),
    answer: Type.Object({ module: oneOfPart("taken", "kept", "removed") }),
  },
  // Users, pause, acknowledged alarms: both have the same afterwards.
  "offer-shared": {
    body: Type.Object({ entries: Type.Unknown() }),
    answer: Type.Object({ entries: Type.Unknown() }),
  },
  procedure: { body: Type.Object({ id: Type.String() }), answer: procedureStatus },
  verify: { body: Type.Object({ module: Type.String(), repair: Type.Boolean() }), answer: done },
  /** The other node's half of both copies. */
  copy: { body: ofModule, answer: Type.Omit(copyView, ["live", "ifKept"]) },
  /** Read field by field (describe/node-facts.ts). */
  "node-facts": { body: Type.Object({}), answer: Type.Unknown() },
  /** Could this host run the VM? */
  "protect-preflight": {
    body: Type.Object({ details: vmDetails, folder: Type.String(), leftOut: Type.Array(Type.String()) }),
    answer: Type.Array(findingView),
  },
  /** Could it start a VM whose module it has, as the VM is defined now? */
  standby: {
    body: Type.Object({ module: Type.String(), details: vmDetails }),
    answer: Type.Array(findingView),
  },
  /** Would its hypervisor take the definition as it is in the module's folder? */
  "protect-validate": {
    body: Type.Object({ definition: Type.String() }),
    answer: Type.Array(findingView),
  },
  "protect-room": { body: room, answer: done },
  "protect-no-room": { body: room, answer: done },
  "protect-create": { body: Type.Object({ module: Type.String(), xml: Type.String() }), answer: done },
  "protect-start": { body: ofModule, answer: done },
  /** By the node on which it runs. */
  "unprotect-here": {
    body: Type.Object({ module: Type.String(), request: unprotectRequest, by: Type.String() }),
    answer: protectReply,
  },
  /** `kept`: where its copy of the data is now; a person may delete it. */
  "unprotect-forget": { body: ofModule, answer: Type.Object({ kept: optionalPart(Type.String()) }) },
} as const satisfies Readonly<Record<string, CallSchemas>>;

export type PeerSchemas = typeof peerSchemas;
