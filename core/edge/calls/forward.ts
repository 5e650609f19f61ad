// SPDX-License-Identifier: Apache-2.0
// Calls that belong to the other node, made there on a person's behalf. Its refusal is passed on as it is.

import { PeerRefusal } from "../../api/door.js";
import type { Milliseconds, NodeName } from "../../base/units.js";
import type { PeerCall } from "../network/peer-call.js";
import type { ClusterNetwork } from "../network/cluster-network.js";

export async function forward<T>(
  network: Pick<ClusterNetwork, "call">,
  peer: NodeName,
  call: Omit<PeerCall, "limit"> & { readonly limit?: Milliseconds },
): Promise<T> {
  const answer = await network.call(peer, call);
  if (answer.ok) return answer.body as T;
  throw new PeerRefusal(answer.status, answer.failure);
}
