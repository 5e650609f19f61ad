// SPDX-License-Identifier: Apache-2.0
// VMs of both nodes: listed in one answer, protected from whichever node a person happens to look at. What is
// done to a VM is always done by the node on which it lives.

import type { ProtectReply, ProtectRequest, VmView } from "../../api/contract.js";
import type { Caller } from "../../api/caller.js";
import type { protectRows } from "../../api/calls/protect.js";
import type { AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { peersOf } from "../config/cluster-file.js";
import { valueOf } from "../../loop/vm-effects.js";
import { forward } from "./forward.js";
import type { NodeName } from "../../base/units.js";
import type { Hypervisor } from "../../ports/hypervisor.js";
import type { Protection } from "../../procedure/services.js";
import type { Modules } from "../config/modules.js";
import type { ClusterNetwork, Member } from "../network/cluster-network.js";
import type { PeerProgress } from "../network/peer-progress.js";

/** What is asked of the running node. */
export interface VmRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly hypervisor: Pick<Hypervisor, "list">;
  readonly network: Pick<ClusterNetwork, "call" | "answersControl">;
  readonly protection: Pick<Protection, "protect" | "unprotect" | "coming">;
  readonly modules: Pick<Modules, "expect">;
  readonly progress: Pick<PeerProgress, "procedure">;
  peerNamed(name: string): NodeName;
}

export function protectAnswers(daemon: { readonly running: VmRooms }): AnswersTo<typeof protectRows> {
  const running = (): VmRooms => daemon.running;
  return {
    "GET /vms": ({ query }) => (query.node === undefined ? allVms(running()) : ownVms(running())),
    "POST /protect": ({ body, caller }) => protectVm(running(), body, caller),
    "POST /modules/:module/unprotect": ({ params: { module }, body, caller }) => {
      running().modules.expect(module);
      return running().protection.unprotect(module, body, caller.name);
    },
    "GET /procedures/:id": ({ params }) => running().progress.procedure(params.id),
  };
}

/** Of every node that answers; a silent one's are left out. */
async function allVms(running: VmRooms): Promise<readonly VmView[]> {
  const { network } = running;
  const peers = peersOf(running.member.config, running.node).map(({ name }) => name);
  const lists = await Promise.all([
    ownVms(running),
    ...peers
      .filter((peer) => network.answersControl(peer))
      .map((peer) => forward(network, { peer }, "GET /vms", { node: peer }).catch(() => [])),
  ]);
  return lists.flat();
}

async function protectVm(
  running: VmRooms,
  request: ProtectRequest,
  { name: by }: Caller,
): Promise<ProtectReply> {
  try {
    return await running.protection.protect(request, by);
  } catch (error) {
    if (error instanceof GemelError && error.code === "GEMEL-3005") await sayWhereItIs(running, request.vm);
    throw error;
  }
}

async function ownVms({ hypervisor, protection, node }: VmRooms): Promise<readonly VmView[]> {
  const vms = valueOf(await hypervisor.list(), node);
  const owners = protection.coming();
  return vms.map(({ id, name, power, memory, vcpus }) => {
    const module = owners.get(id);
    return { node, id, name, power, memory, vcpus, ...(module !== undefined && { module }) };
  });
}

/** Not here: then perhaps the person looks at the wrong node. */
async function sayWhereItIs(running: VmRooms, vm: string): Promise<void> {
  const found = (await allVms(running)).find(
    ({ id, name, node }) => (id === vm || name === vm) && node !== running.node,
  );
  if (found === undefined) return;
  throw new GemelError(
    "GEMEL-3005",
    vm,
    `It is not on ${running.node}; ${found.node} has one of this name.`,
    `gemel protect "${found.name}" --node ${found.node}`,
  );
}
