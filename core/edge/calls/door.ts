// SPDX-License-Identifier: Apache-2.0
// Each call finds its answer, here or on the node that it names. No decision is made here.

import type { Asking } from "../../api/calls/ask.js";
import { fieldsOf } from "../../api/calls/deed.js";
import { rowOf } from "../../api/calls/table.js";
import type { Answerer, Answers, DoorWay } from "../../api/door.js";
import { clusterAnswers } from "./cluster.js";
import { forward } from "./forward.js";
import { loadAnswers } from "./load.js";
import { lookingAnswers } from "./looking.js";
import { moduleAnswers } from "./modules.js";
import { peopleAnswers } from "./people.js";
import { networkOf, peerOf, type AskedDaemon } from "./rooms.js";
import { protectAnswers } from "./vms.js";

export function answersOf(daemon: AskedDaemon): Answers {
  const here: Answers = {
    ...lookingAnswers(daemon),
    ...moduleAnswers(daemon),
    ...protectAnswers(daemon),
    ...clusterAnswers(daemon),
    ...loadAnswers(daemon),
    ...peopleAnswers(daemon),
  };
  const ways = Object.keys(here) as DoorWay[];
  return Object.fromEntries(ways.map((way) => [way, placed(way, here[way], daemon)])) as unknown as Answers;
}

/** A call whose place is the node that it names: answered here, or by that node. */
function placed<W extends DoorWay>(way: W, answer: Answerer<W>, daemon: AskedDaemon): Answerer<W> {
  const { place, deed } = rowOf(way);
  if (place !== "node") return answer;
  return async (asked) => {
    const node = fieldsOf(asked.query)["node"] ?? fieldsOf(asked.body)["node"];
    if (typeof node !== "string" || node === daemon.node) return await answer(asked);
    const to = { peer: peerOf(daemon, node), ...(deed !== undefined && { by: asked.caller.name }) };
    // What this node was asked with is what the other one is asked with.
    const asking = [{ ...fieldsOf(asked.params), ...fieldsOf(asked.query) }, asked.body];
    return await forward(networkOf(daemon), to, way, ...(asking as unknown as Asking<W>));
  };
}
