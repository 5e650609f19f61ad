// SPDX-License-Identifier: Apache-2.0
/** What the doctor says of a kernel: what it lacks, what follows here, and nothing that Gemel does not do. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { kernelVersionFindings } from "../../core/edge/doctor.js";

const said = (version: string): string =>
  kernelVersionFindings(version)
    .map(({ severity, message, next }) => `${severity}: ${message} ${next}`)
    .join("\n");

test("doctor-names-what-a-kernel-lacks: Debian 12", () => {
  assert.match(said("6.1.0-25-amd64"), /^warns: The kernel 6\.1\.0-25-amd64 lacks coherent direct I\/O/);
  assert.match(said("6.1.0-25-amd64"), /ENODEV/);
  assert.doesNotMatch(said("6.1.0-25-amd64"), /resend|faster/);
  assert.match(said("6.5.13"), /^warns/);
});

test("doctor-names-what-a-kernel-lacks: nothing", () => {
  for (const version of ["6.6.0", "6.18.44", "7.0.1"]) assert.equal(said(version), "", version);
});

test("doctor-names-what-a-kernel-lacks: too old", () => {
  assert.match(said("5.15.0"), /^blocks: The kernel 5\.15\.0 is older than 6\.1\. Install a newer kernel\./);
});
