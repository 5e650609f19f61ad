// SPDX-License-Identifier: Apache-2.0
// What the API needs of the daemon for looking before acting: pause, alarms, previews, copies.

import type { CertificateView, Copies, Preview } from "./contract.js";
import type { ModuleVerb } from "../base/vocabulary.js";
import type { Caller } from "./caller.js";

export interface PreviewQuery {
  readonly verb: ModuleVerb;
  readonly node?: string;
  readonly keep?: string;
}

export interface Inspection {
  pause(why: string, caller: Caller): { readonly sentence: string };
  resume(): { readonly sentence: string };
  acknowledge(id: string, caller: Caller): { readonly sentence: string };
  preview(module: string, query: PreviewQuery): Promise<Preview>;
  copies(module: string): Promise<Copies>;
  /** Of a node of the cluster, this one or the other. */
  certificates(node: string): Promise<readonly CertificateView[]>;
}
