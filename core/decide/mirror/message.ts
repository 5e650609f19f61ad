// SPDX-License-Identifier: Apache-2.0
// What two daemons say to each other about a module, over the control connection on any network,
// authenticated. The edge delivers at most once and in order per connection; whoever needs an answer repeats
// until it has one, so every message may be lost, late or repeated without harm.

import type { GenerationHex } from "../../../native/index.js";
import type { ModuleId } from "../../base/units.js";
import type { Command } from "./command.js";

export type PeerMessage =
  /** "May I go on alone from this generation? Then say that you are outdated" (R20). */
  | {
      readonly kind: "word-request";
      readonly module: ModuleId;
      readonly request: string;
      readonly generation: GenerationHex;
      readonly why: "frozen" | "cold-start" | "forced";
      /** When both ask at once the higher rank (then the smaller name) keeps asking. */
      readonly rank: number;
    }
  /** "I am outdated at G": an answer to a request, or unasked after this node killed its VM (R24). */
  | {
      readonly kind: "word";
      readonly module: ModuleId;
      readonly request?: string;
      readonly generation: GenerationHex;
      readonly session: number;
    }
  | {
      readonly kind: "word-refused";
      readonly module: ModuleId;
      readonly request: string;
      /** `runs`: it has gone ahead itself, so the asker must not; the others: ask again. */
      readonly because: "runs" | "current" | "busy";
      readonly generation: GenerationHex;
    }
  | { readonly kind: "word-taken"; readonly module: ModuleId; readonly generation: GenerationHex }
  /** R22: durably given up before this is sent. */
  | {
      readonly kind: "goodbye";
      readonly module: ModuleId;
      readonly generation: GenerationHex;
      readonly session: number;
      /** Both nodes are to stop: record it, do not take over. */
      readonly both: boolean;
    }
  | { readonly kind: "goodbye-taken"; readonly module: ModuleId; readonly generation: GenerationHex }
  /** Swap: the VM here is off and this copy demoted; your turn. */
  | { readonly kind: "hand-over"; readonly module: ModuleId; readonly session: number }
  /** Election between two waiting nodes in one session: "I would be primary". */
  | {
      readonly kind: "claim";
      readonly module: ModuleId;
      readonly claim: string;
      readonly session: number;
      readonly rank: number;
    }
  | { readonly kind: "claim-agreed"; readonly module: ModuleId; readonly claim: string }
  | {
      readonly kind: "claim-refused";
      readonly module: ModuleId;
      readonly claim: string;
      readonly because: "runs" | "prefers-itself" | "busy" | "not-paired";
    }
  /** A command of scope `both`, or one whose place is the other node. */
  | { readonly kind: "command"; readonly module: ModuleId; readonly command: Command; readonly by: string };

export type PeerMessageKind = PeerMessage["kind"];
