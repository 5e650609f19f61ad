// SPDX-License-Identifier: Apache-2.0
// What is shipped for AppArmor, in the place where the distribution's own profile reads it. The kernel need
// not have AppArmor: only the words are checked.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const profile = "usr.lib.libvirt.virt-aa-helper";
const shipped = fileURLToPath(new URL(`../../../kvm/install/apparmor/${profile}`, import.meta.url));
const parser = "/usr/sbin/apparmor_parser";
const own = `/etc/apparmor.d/${profile}`;
const missing = [parser, own].find((path) => !existsSync(path));

test(
  "apparmor-takes-the-rules-that-are-shipped",
  missing === undefined ? {} : { skip: `this machine has no ${missing}` },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "gemel-apparmor-"));
    try {
      cpSync("/etc/apparmor.d", folder, { recursive: true });
      const parse = (): string => {
        const words = ["--skip-kernel-load", "--skip-cache", "--base", folder, join(folder, profile)];
        const { status, stdout, stderr } = spawnSync(parser, words, { encoding: "utf8" });
        return status === 0 ? "" : `${stdout}${stderr}`;
      };
      cpSync(shipped, join(folder, "local", profile));
      assert.equal(parse(), "");
      // It is really read from there.
      spawnSync("sed", ["-i", "s/ r,$/ r/", join(folder, "local", profile)]);
      assert.match(parse(), /parser error/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
