// SPDX-License-Identifier: Apache-2.0
// What a node gives as its reason, in the daemon's own sentences.

import { reasonNamed } from "../../../core/base/reasons.js";

/** A reason of a newer daemon is shown as it came. */
export function reasonText(reason: string, peer: string): string {
  if (reason === "none" || reason === "") return "All is as it should be.";
  if (reason === "never-heard") return "It has never been heard of yet.";
  const sentence = reasonNamed(reason)?.long ?? `${reason.replaceAll("-", " ")}.`;
  return sentence.replaceAll("{peer}", peer);
}
