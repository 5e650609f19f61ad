// SPDX-License-Identifier: Apache-2.0
// Calls that belong to the other node, made there on a person's behalf. Its refusal is passed on as it is.

import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { callAddress, type Address, type Answer, type Asking, type CallWay } from "../../api/calls/ask.js";
import { rowOf } from "../../api/calls/table.js";
import { peerCalls, type PeerAnswer, type PeerBody, type PeerCall } from "../../api/calls/peer.js";
import { PeerRefusal } from "../../api/door.js";
import { peerSchemas } from "../../api/schemas/peer.js";
import { schemas } from "../../api/schemas/calls.js";
import { apiRoot } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import type { Milliseconds, NodeName } from "../../base/units.js";
import type { CallAnswer, PeerCallRequest } from "../network/peer-call.js";

/** Where the other nodes' APIs are asked. */
export interface PeerNetwork {
  call(peer: NodeName, request: PeerCallRequest): Promise<CallAnswer>;
}

/** Which node, and on whose behalf. */
interface To {
  readonly peer: NodeName;
  readonly by?: string;
}

/** A call of the table, asked of another node. */
export async function forward<W extends CallWay>(
  network: PeerNetwork,
  to: To,
  way: W,
  ...[named, body]: Asking<W>
): Promise<Answer<W>> {
  const answer = await ask(network, to, { ...callAddress(way, named), body, limit: rowOf(way).limit });
  judge(schemas[way].answer, answer, to.peer);
  return answer as Answer<W>;
}

/** What daemons ask each other by name. */
export async function askPeer<Call extends PeerCall>(
  network: PeerNetwork,
  peer: NodeName,
  call: Call,
  body: PeerBody<Call>,
): Promise<PeerAnswer<Call>> {
  const address = callAddress("POST /peer/calls/:call", { call });
  const answer = await ask(network, { peer }, { ...address, body, limit: peerCalls[call].limit });
  judge(peerSchemas[call].answer, answer, peer);
  return answer as PeerAnswer<Call>;
}

interface Request extends Address {
  readonly body: unknown;
  readonly limit: Milliseconds | undefined;
}

async function ask(network: PeerNetwork, { peer, by }: To, request: Request): Promise<unknown> {
  const { method, path, body, limit } = request;
  const answer = await network.call(peer, {
    method,
    path: apiRoot + path,
    body,
    ...(limit !== undefined && { limit }),
    ...(by !== undefined && { by }),
  });
  if (answer.ok) return answer.body;
  throw new PeerRefusal(answer.status, answer.failure);
}

/** Another version's daemon may answer more than this one knows, but not something else. */
function judge(schema: TSchema, answer: unknown, peer: NodeName): void {
  if (Value.Check(schema, answer)) return;
  const [first] = Value.Errors(schema, answer);
  throw new GemelError("GEMEL-4005", peer, `Its answer is not understood here: ${first?.path ?? ""}`);
}
