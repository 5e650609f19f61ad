// SPDX-License-Identifier: Apache-2.0
// On whose behalf the API does something.

import type { Role } from "./contract.js";

/** Who asks: root on the unix socket, a certificate of the cluster, a person by a session, or nobody. */
export type Caller = {
  readonly name: string;
  readonly address: string;
} & (
  | { readonly kind: "root" | "admin" | "node"; readonly role: "admin" }
  | { readonly kind: "user"; readonly role: Role; readonly session: string }
  /** A stranger showed a certificate, but none of this cluster. */
  | { readonly kind: "nobody"; readonly isStranger: boolean }
);
