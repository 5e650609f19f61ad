// SPDX-License-Identifier: Apache-2.0
// Protecting VMs: what the hosts have, the procedures that move a VM into a module and back, and how they
// stand.

import { Type } from "@sinclair/typebox";
import {
  closed,
  moduleName,
  moduleParams,
  nodeQuery,
  oneOfPart,
  optionalPart,
  orNull,
  textPart,
  word,
} from "./parts.js";
import { findingView, procedureStatus } from "./status.js";

export const vmView = Type.Object({
  node: Type.String(),
  id: Type.String(),
  name: Type.String(),
  power: Type.String(),
  memory: Type.Number(),
  vcpus: Type.Number(),
  module: optionalPart(Type.String()),
});

const exclusion = Type.Object({ target: word, how: oneOfPart("detach", "empty") }, closed);

export const protectRequest = Type.Object(
  {
    /** Name or id of a VM of `node`. */
    vm: textPart,
    /** Absent: the answering node. */
    node: optionalPart(word),
    module: optionalPart(moduleName),
    folder: optionalPart(textPart),
    /** Shut the guest down first. */
    stop: optionalPart(Type.Boolean()),
    /** Only say what would happen. */
    dryRun: optionalPart(Type.Boolean()),
    eject: optionalPart(Type.Boolean()),
    exclude: optionalPart(Type.Array(exclusion, { maxItems: 64 })),
  },
  closed,
);

export const diskView = Type.Object({
  /** "vda": what `exclude` names. */
  target: Type.String(),
  device: oneOfPart("disk", "cdrom", "floppy"),
  /** Its image or ISO; absent: an empty drive. */
  source: optionalPart(Type.String()),
  bytes: Type.Number(),
});

export const protectReply = Type.Object({
  module: Type.String(),
  procedure: optionalPart(Type.String()),
  findings: Type.Array(findingView),
  /** What the operator should know before and while it happens: expected outage, sizes, ETA. */
  notes: Type.Array(Type.String()),
  /** What the first copy will carry, and how long that takes at the rate of the last one. */
  firstCopy: optionalPart(
    Type.Object({
      bytes: Type.Number(),
      seconds: orNull(Type.Number()),
    }),
  ),
  /** What the VM has now: what `exclude` may name, and which drives `eject` is about. */
  disks: optionalPart(Type.Array(diskView)),
});

export const unprotectRequest = Type.Object(
  {
    stop: optionalPart(Type.Boolean()),
  },
  closed,
);

export const protectSchemas = {
  "GET /vms": { query: nodeQuery, answer: Type.Array(vmView) },
  "POST /protect": { body: protectRequest, answer: protectReply },
  "POST /modules/:module/unprotect": { params: moduleParams, body: unprotectRequest, answer: protectReply },
  "GET /procedures/:id": {
    params: Type.Object({ id: Type.String({ pattern: "^[a-z0-9-]{1,64}$" }) }),
    answer: procedureStatus,
  },
} as const;
