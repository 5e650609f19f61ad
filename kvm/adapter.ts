// SPDX-License-Identifier: Apache-2.0
// KVM by libvirt, as the daemon finds it on a host (R102). Loads nothing of the rest before it is chosen.

import { existsSync } from "node:fs";
import type { HypervisorAdapter } from "../core/ports/adapter.js";

const signs = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock", "/usr/bin/virsh"];

export const kvmAdapter: HypervisorAdapter = {
  kind: "kvm",
  presence: () => {
    if (process.platform !== "linux") return "never";
    return signs.some((path) => existsSync(path)) ? "here" : "absent";
  },
  open: async () => (await import("./index.js")).createKvm,
};
