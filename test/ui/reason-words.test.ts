// SPDX-License-Identifier: Apache-2.0
// The console's sentences for reasons are the daemon's.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reasons } from "../../core/base/reasons.js";
import { reasonText } from "../../ui/pages/module/reason-words.js";

void describe("reason-words", () => {
  void it("are-the-daemon-s-own", () => {
    for (const [reason, { long }] of Object.entries(reasons)) {
      const wanted = reason === "none" ? "All is as it should be." : long.replaceAll("{peer}", "beta");
      assert.equal(reasonText(reason, "beta"), wanted);
    }
    assert.equal(reasonText("never-heard", "beta"), "It has never been heard of yet.");
  });

  void it("name-the-other-node", () => {
    assert.equal(reasonText("alone", "beta"), "One complete copy: beta is not up to date.");
    assert.equal(reasonText("none", "beta"), "All is as it should be.");
    assert.equal(reasonText("not-known-yet", "beta"), "not known yet.");
  });
});
