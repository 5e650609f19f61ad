// SPDX-License-Identifier: Apache-2.0
// Founding, joining, showing the cluster. Admission is the one call between nodes that needs no certificate:
// it brings a secret.

import { nodeAddressesMax } from "../../base/limits/access.js";
import { Type } from "@sinclair/typebox";
import { closed, oneOfPart, optionalPart, textPart, word } from "./parts.js";

export const networkRequest = Type.Object(
  {
    name: word,
    cidr: word,
    /** This host's address in it; absent: found by itself. */
    address: optionalPart(word),
  },
  closed,
);

export const initRequest = Type.Object(
  {
    name: word,
    networks: Type.Array(networkRequest, { minItems: 1, maxItems: 4 }),
    node: optionalPart(word),
    /**
     * Where API and console listen: on every address of the host (the default) or only in the cluster's
     * networks.
     */
    listen: optionalPart(oneOfPart("all", "networks")),
    /** Where browsers find this node's console: https://HOST[:PORT][/PATH/]; absent: in its networks. */
    console: optionalPart(word),
    /** Of the first user, admin; absent: one is made up and said once. */
    password: optionalPart(word),
  },
  closed,
);

export const joinRequest = Type.Object(
  {
    token: textPart,
    node: optionalPart(word),
    /** Network → this host's address in it, where it shall not be found by itself. */
    addresses: optionalPart(Type.Record(word, word)),
    /** As in InitRequest, for this node. */
    console: optionalPart(word),
  },
  closed,
);

export const admissionRequest = Type.Object(
  {
    secret: textPart,
    node: word,
    addresses: Type.Record(word, word, { maxProperties: nodeAddressesMax }),
    publicKey: textPart,
    version: word,
    protocol: Type.Integer({ minimum: 0 }),
    wallTimeMs: Type.Number(),
    console: optionalPart(word),
  },
  closed,
);

export const clusterReply = Type.Object({
  cluster: Type.String(),
  node: Type.String(),
  /** init, token: for `gemel cluster join` on the other host. */
  token: optionalPart(Type.String()),
  /** init: of the user admin, when it was made up; never to be seen again. */
  password: optionalPart(Type.String()),
  warnings: Type.Array(Type.String()),
});

export const portUse = Type.Object({
  port: Type.Number(),
  protocol: oneOfPart("tcp", "udp"),
  use: Type.String(),
});

export const clusterView = Type.Object({
  name: Type.String(),
  uuid: Type.String(),
  self: Type.String(),
  networks: Type.Array(
    Type.Object({
      name: Type.String(),
      cidr: Type.String(),
      pulseMs: Type.Number(),
      timeoutMs: Type.Number(),
    }),
  ),
  nodes: Type.Array(
    Type.Object({
      name: Type.String(),
      addresses: Type.Record(Type.String(), Type.String()),
      console: optionalPart(Type.String()),
    }),
  ),
  ports: Type.Array(portUse),
});

/** What a node that was let in needs to be a member: the cluster's file, its certificate, the authority. */
export const admission = Type.Object({
  cluster: Type.String(),
  certificate: Type.String(),
  authority: Type.Object({ certificate: Type.String(), privateKey: Type.String() }),
  heartbeatKey: Type.String(),
  warnings: Type.Array(Type.String()),
});

export const clusterSchemas = {
  "GET /cluster": { answer: clusterView },
  "POST /cluster": { body: initRequest, answer: clusterReply },
  "POST /cluster/join": { body: joinRequest, answer: clusterReply },
  "POST /cluster/tokens": { answer: clusterReply },
  "POST /cluster/admissions": { body: admissionRequest, answer: admission },
  "POST /peer/calls/:call": {
    params: Type.Object({ call: Type.String({ pattern: "^[a-z-]{1,40}$" }) }),
    body: Type.Unknown(),
    answer: Type.Unknown(),
  },
} as const;
