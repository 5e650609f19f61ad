// SPDX-License-Identifier: Apache-2.0
// VMs of both nodes: listed in one answer, protected from whichever node a person happens to look at. What is
// done to a VM is always done by the node on which it lives.

import type { ProtectReply, ProtectRequest, VmView } from "../../api/contract.js";
import type { Caller } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import type { NodeName } from "../../base/units.js";
import { peersOf } from "../config/cluster-file.js";
import { valueOf } from "../../loop/vm-effects.js";
import { forward } from "./forward.js";
import type { Hypervisor } from "../../ports/hypervisor.js";
import type { Protection } from "../../procedure/services.js";
import type { ClusterNetwork, Member } from "../network/cluster-network.js";
import { vmListLimit, protectCallLimit } from "../../base/limits/edge.js";

/** What is asked of the running node. */
export interface VmRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly hypervisor: Pick<Hypervisor, "list">;
  readonly network: Pick<ClusterNetwork, "call" | "answersControl">;
  readonly protection: Pick<Protection, "protect" | "coming">;
  peerNamed(name: string): NodeName;
}

/** Without a node: of every node that answers; a silent one's are left out. */
export async function vmsOf(running: VmRooms, node: string | undefined): Promise<readonly VmView[]> {
  if (node === running.node) return await ownVms(running);
  if (node !== undefined) return await vmsThere(running, running.peerNamed(node));
  const { network } = running;
  const peers = peersOf(running.member.config, running.node).map(({ name }) => name);
  const lists = await Promise.all([
    ownVms(running),
    ...peers
      .filter((peer) => network.answersControl(peer))
      .map((peer) => vmsThere(running, peer).catch(() => [])),
  ]);
  return lists.flat();
}

export async function protectVm(
  running: VmRooms,
  request: ProtectRequest,
  { name: by }: Caller,
): Promise<ProtectReply> {
  const { node = running.node } = request;
  if (node !== running.node) {
    const call = {
      method: "POST",
      path: "/api/v1/protect",
      body: request,
      by,
      limit: protectCallLimit,
    } as const;
    return await forward<ProtectReply>(running.network, running.peerNamed(node), call);
  }
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

async function vmsThere({ network }: VmRooms, peer: NodeName): Promise<readonly VmView[]> {
  const path = `/api/v1/vms?node=${encodeURIComponent(peer)}`;
  return await forward<readonly VmView[]>(network, peer, { method: "GET", path, limit: vmListLimit });
}

/** Not here: then perhaps the person looks at the wrong node. */
async function sayWhereItIs(running: VmRooms, vm: string): Promise<void> {
  const found = (await vmsOf(running, undefined)).find(
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
