// SPDX-License-Identifier: Apache-2.0
// One request to the peer's API, over the first network that answers; what may be asked is the table of calls
// (edge/calls/forward.ts). A refusal of the peer is an answer and not tried elsewhere.

import { failure, GemelError, type Failure } from "../../base/errors.js";
import { apiError } from "../../api/schemas/parts.js";
import { parse } from "../../base/shape.js";
import { type Milliseconds, type NodeName } from "../../base/units.js";
import type { NetworkWay } from "./control-connection.js";
import { jsonOver, secureSocket, type Trust } from "./secure-socket.js";
import { peerDialLimit } from "../../base/limits/edge.js";

export interface CallTarget extends Trust {
  readonly peer: NodeName;
  readonly ways: readonly NetworkWay[];
}

export type CallAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly failure: Failure };

export interface PeerRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** The person on whose behalf. */
  readonly by?: string;
  readonly limit: Milliseconds;
}

/** Without a limit: as long as any call. */
export type PeerCallRequest = Omit<PeerRequest, "limit"> & { readonly limit?: Milliseconds };

export async function callPeer(target: CallTarget, call: PeerRequest): Promise<CallAnswer> {
  const { identity, judge } = target;
  const failures: string[] = [];
  for (const way of target.ways) {
    try {
      const socket = await secureSocket({ ...way, identity, judge, timeout: peerDialLimit });
      const headers = call.by === undefined ? {} : { "x-gemel-by": call.by };
      const answer = await jsonOver(socket, call.method, call.path, call.body, call.limit, headers);
      if (answer.status === 200) return { ok: true, body: answer.body };
      const said = parse(apiError, answer.body, "refusal");
      const why = said.ok ? said.value : failure("GEMEL-9003", target.peer, `${answer.status}: ${said.why}`);
      return { ok: false, status: answer.status, failure: why };
    } catch (error) {
      failures.push(`${way.network}: ${(error as Error).message}`);
    }
  }
  throw new GemelError("GEMEL-1009", target.peer, failures.join("; "));
}
