// SPDX-License-Identifier: Apache-2.0
// Modules: what is configured, what a person may ask of them, and what is looked at before that.

import type { moduleSchemas } from "../schemas/modules.js";
import { listedWords, oneLine } from "./deed.js";
import { change, look, type CallRows } from "./row.js";

export const moduleRows = {
  "GET /modules": look("All modules with their settings"),
  "GET /modules/:module": look("One module"),
  "PATCH /modules/:module": change(
    "Change settings, on both nodes",
    "admin",
    ({ body }) =>
      listedWords(
        "change settings",
        Object.entries(body).map(([name, value]) => [true, `${name} ${oneLine(value)}`]),
      ),
    { place: "cluster" },
  ),
  "PUT /modules/:module/userconfig": change(
    "Replace userconfig.xml, on both nodes",
    "admin",
    "replace userconfig.xml",
    { place: "cluster" },
  ),
  "GET /modules/:module/figures": look("The mirror process's own figures and status", { place: "node" }),
  "GET /modules/:module/preview": look("What a command would do now", { place: "module" }),
  "GET /modules/:module/copies": look("Both copies side by side, for deciding between them"),
  "POST /modules/:module/commands": change(
    "start, stop, restart, stopstart, swap, prim, second, resolve",
    "control",
    ({ body }) =>
      listedWords(oneLine(body["verb"]), [
        [body["node"] !== undefined, `on ${oneLine(body["node"])}`],
        [body["keep"] !== undefined, `the copy of ${oneLine(body["keep"])} goes on`],
        [body["force"] === true, "forced"],
      ]),
    { place: "module", exits: ["notFinished"] },
  ),
  "POST /modules/:module/verify": change(
    "Compare both copies while the guest runs",
    "control",
    ({ body }) =>
      body["repair"] === true ? "compare both copies and repair what differs" : "compare both copies",
    { place: "primary", exits: ["notFinished"] },
  ),
  "POST /shutdown": change(
    "Orderly host shutdown: all modules of this node stop with goodbye",
    "control",
    "shut this host's modules down",
    { exits: ["notFinished"] },
  ),
  "DELETE /shutdown": change(
    "The host is not switched off: what its shutdown has stopped starts again",
    "control",
    "take this host's shutdown back",
  ),
} satisfies CallRows<typeof moduleSchemas>;
