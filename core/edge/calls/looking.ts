// SPDX-License-Identifier: Apache-2.0
// What is, why it is so, and what everybody is told once it is said on one node: pause and alarms.

import type { historyRows, statusRows } from "../../api/calls/status.js";
import type { HistoryEntry, HistoryQuery } from "../../api/contract.js";
import type { AnswersTo } from "../../api/door.js";
import { without } from "../../base/fields.js";
import { GemelError } from "../../base/errors.js";
import { sharedValue } from "../cluster/shared-entries.js";
import { peersOf } from "../config/cluster-file.js";
import type { AskedDaemon } from "./rooms.js";

export function lookingAnswers(daemon: AskedDaemon): AnswersTo<typeof statusRows & typeof historyRows> {
  return {
    "GET /status": () => daemon.status(),
    "GET /doctor": () => daemon.ask("doctor", daemon.clustered ? daemon.access.certificates() : []),
    "GET /history": ({ query }) => readHistory(daemon, query),
    "PUT /pause": async ({ body: { why }, caller: { name: by } }) => {
      await daemon.ask("share", "pause", "", { since: daemon.wallClock(), by, why });
      return { sentence: `Automatic failover is paused.${whoDoesNotKnow(daemon)}` };
    },
    "DELETE /pause": async () => {
      if (sharedValue(daemon.seen.shared, "pause") === undefined)
        return { sentence: "Automatic failover is not paused." };
      await daemon.ask("share", "pause", "", null);
      return { sentence: `Automatic failover works again.${whoDoesNotKnow(daemon)}` };
    },
    "POST /alarms/:id/acknowledge": async ({ params: { id }, caller: { name: by } }) => {
      const alarm = (await daemon.status()).alarms.find((one) => one.id === id);
      if (alarm === undefined) throw new GemelError("GEMEL-1018", id);
      await daemon.ask("share", "ack", id, { by, at: daemon.wallClock() });
      return { sentence: `Acknowledged by ${by}: ${alarm.sentence}` };
    },
  };
}

function whoDoesNotKnow({ config, node, seen }: AskedDaemon): string {
  const away = peersOf(config, node).filter(({ name }) => !seen.answering.includes(name));
  const names = away.map(({ name }) => name).join(", ");
  return names === "" ? "" : ` ${names} does not answer now and learns of it when it is back.`;
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
