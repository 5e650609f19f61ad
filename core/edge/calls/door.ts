// SPDX-License-Identifier: Apache-2.0
// The API's door into this daemon: each call finds its room, here or on the node that it names. No decision
// is made here.

import type { Asking } from "../../api/calls/ask.js";
import { fieldsOf } from "../../api/calls/deed.js";
import { rowOf } from "../../api/calls/table.js";
import type { Answerer, Answers, ApiDoor, DoorWay } from "../../api/door.js";
import type { LiveEvent } from "../../api/contract.js";
import { exists } from "../../decide/mirror/evidence/proofs.js";
import { moduleId } from "../../base/units.js";
import type { AskedDaemon } from "./rooms.js";
import { loadAnswers } from "../metrics/load.js";
import { clusterAnswers } from "./cluster.js";
import { forward } from "./forward.js";
import { lookingAnswers } from "./looking.js";
import { moduleAnswers } from "./modules.js";
import { peopleAnswers } from "./people.js";
import { protectAnswers } from "./vms.js";

export function openDoor(daemon: AskedDaemon): ApiDoor {
  return {
    judge: (certificate) => daemon.holder(certificate),
    access: () => daemon.access,
    audit: (caller, what, module, outcome) => daemon.audit(caller, what, module, outcome),
    subscribe: (lastId, listener) =>
      daemon.live.subscribe(lastId, (): LiveEvent => ({ kind: "status", status: daemon.status() }), listener),
    ready: (id) => {
      const module = daemon.clustered ? daemon.running.state.modules[moduleId(id)] : undefined;
      return (
        module !== undefined &&
        exists(module) &&
        (module.phase.state === "ALONE" || module.phase.state === "PRIM")
      );
    },
    answers: answersOf(daemon),
  };
}

function answersOf(daemon: AskedDaemon): Answers {
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
    const { running } = daemon;
    const to = { peer: running.peerNamed(node), ...(deed !== undefined && { by: asked.caller.name }) };
    // What this node was asked with is what the other one is asked with.
    const asking = [{ ...fieldsOf(asked.params), ...fieldsOf(asked.query) }, asked.body];
    return await forward(running.network, to, way, ...(asking as unknown as Asking<W>));
  };
}
