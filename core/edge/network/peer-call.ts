// SPDX-License-Identifier: Apache-2.0
// One call of the peer's API, over the first network that answers: forwarded commands, procedures that work
// on both nodes. A refusal of the peer is an answer and not tried elsewhere.

import { GemelError, type Failure } from "../../base/errors.js";
import type { Milliseconds, NodeName } from "../../base/units.js";
import type { NetworkWay } from "./control-connection.js";
import { jsonOver, secureSocket, type Presented } from "./secure-socket.js";
import { peerDialLimit } from "../../base/limits/edge.js";

export interface CallTarget {
  readonly peer: NodeName;
  readonly ways: readonly NetworkWay[];
  readonly identity: { readonly certificate: string; readonly privateKey: string };
  readonly judge: (presented: Presented) => string | undefined;
}

export type CallAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly failure: Failure };

export interface PeerCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: unknown;
  /** The person on whose behalf. */
  readonly by?: string;
  readonly limit: Milliseconds;
}

export async function callPeer(target: CallTarget, call: PeerCall): Promise<CallAnswer> {
  const failures: string[] = [];
  for (const way of target.ways) {
    const { address, port, localAddress } = way;
    const { identity, judge } = target;
    try {
      const socket = await secureSocket({
        address,
        port,
        localAddress,
        identity,
        judge,
        timeout: peerDialLimit,
      });
      const headers = call.by === undefined ? {} : { "x-gemel-by": call.by };
      const answer = await jsonOver(socket, call.method, call.path, call.body, call.limit, headers);
      if (answer.status === 200) return { ok: true, body: answer.body };
      return { ok: false, status: answer.status, failure: answer.body as Failure };
    } catch (error) {
      failures.push(`${way.network}: ${(error as Error).message}`);
    }
  }
  throw new GemelError("GEMEL-1009", target.peer, failures.join("; "));
}
