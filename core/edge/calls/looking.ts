// SPDX-License-Identifier: Apache-2.0
// What is, why it is so, and what everybody is told once it is said on one node: pause and alarms.

import type { historyRows, statusRows } from "../../api/calls/status.js";
import type { HistoryEntry, HistoryQuery } from "../../api/contract.js";
import type { AnswersTo } from "../../api/door.js";
import { without } from "../../base/fields.js";
import { GemelError } from "../../base/errors.js";
import type { AskedDaemon } from "./rooms.js";
import { examine } from "../doctor.js";

export function lookingAnswers(daemon: AskedDaemon): AnswersTo<typeof statusRows & typeof historyRows> {
  return {
    "GET /status": () => daemon.status(),
    "GET /doctor": () =>
      examine({
        node: daemon.node,
        status: daemon.status(),
        certificates: daemon.access?.certificates() ?? [],
        running: daemon.clustered ? daemon.running : undefined,
      }),
    "GET /history": ({ query }) => readHistory(daemon, query),
    "PUT /pause": ({ body, caller }) => daemon.running.watch.pause(body.why, caller.name),
    "DELETE /pause": () => daemon.running.watch.resume(),
    "POST /alarms/:id/acknowledge": ({ params, caller }) =>
      daemon.running.watch.acknowledge(params.id, caller.name),
  };
}

function readHistory({ history }: AskedDaemon, query: HistoryQuery): readonly HistoryEntry[] {
  const { from, to, ...filter } = without(query, "node");
  return history.read({
    ...filter,
    ...(from !== undefined && { from: momentOf("from", from) }),
    ...(to !== undefined && { to: momentOf("to", to) }),
  });
}

function momentOf(what: string, text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new GemelError("GEMEL-4008", what, `"${text}" is no time: 2026-11-21T03:00:00Z`);
  return at.toISOString();
}
