// SPDX-License-Identifier: Apache-2.0
// Calls that belong to the other node, made there on a person's behalf. Its refusal is passed on as it is.

import { ApiFailure } from "../../api/door.js";
import type { Milliseconds, NodeName } from "../../base/units.js";
import type { Call } from "../network/peer-call.js";
import type { ClusterNetwork } from "../network/cluster-network.js";

export async function forward<T>(
  membership: ClusterNetwork,
  peer: NodeName,
  call: Omit<Call, "limit"> & { readonly limit?: Milliseconds },
): Promise<T> {
  const answer = await membership.call(peer, call);
  if (answer.ok) return answer.body as T;
  throw new ApiFailure(answer.status, answer.failure);
}
