// SPDX-License-Identifier: Apache-2.0
// VMs of all nodes: listed in one answer, protected from whichever node a person happens to look at. What is
// done to a VM is always done by the node on which it lives.

import type { ProtectReply, ProtectRequest, VmView } from "../../api/contract.js";
import type { Caller } from "../../api/caller.js";
import type { protectRows } from "../../api/calls/protect.js";
import { PeerRefusal, type AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { forward } from "./forward.js";
import { networkOf, type AskedDaemon } from "./rooms.js";

export function protectAnswers(daemon: AskedDaemon): AnswersTo<typeof protectRows> {
  return {
    "GET /vms": ({ query }) => (query.node === undefined ? allVms(daemon) : daemon.ask("vms")),
    "POST /protect": ({ body, caller }) => protectVm(daemon, body, caller),
    "POST /modules/:module/unprotect": ({ params: { module }, body, caller }) =>
      daemon.ask("unprotect", module, body, caller.name),
    "GET /procedures/:id": ({ params }) => daemon.ask("procedure", params.id),
  };
}

/** Of every node that answers; a silent one's are left out. */
async function allVms(daemon: AskedDaemon): Promise<readonly VmView[]> {
  // First: it refuses without a cluster, and what had been asked by then would be refused to nobody.
  const { answering } = daemon.seen;
  const lists = await Promise.all([
    daemon.ask("vms"),
    ...answering.map((peer) =>
      forward(networkOf(daemon), { peer }, "GET /vms", { node: peer }).catch(() => []),
    ),
  ]);
  return lists.flat();
}

async function protectVm(
  daemon: AskedDaemon,
  request: ProtectRequest,
  { name: by }: Caller,
): Promise<ProtectReply> {
  try {
    return await daemon.ask("protect", request, by);
  } catch (error) {
    if (error instanceof PeerRefusal && error.error.code === "GEMEL-3005")
      await sayWhereItIs(daemon, request.vm);
    throw error;
  }
}

/** Not here: then perhaps the person looks at the wrong node. */
async function sayWhereItIs(daemon: AskedDaemon, vm: string): Promise<void> {
  const found = (await allVms(daemon)).find(
    ({ id, name, node }) => (id === vm || name === vm) && node !== daemon.node,
  );
  if (found === undefined) return;
  throw new GemelError(
    "GEMEL-3005",
    vm,
    `It is not on ${daemon.node}; ${found.node} has one of this name.`,
    `gemel protect "${found.name}" --node ${found.node}`,
  );
}
