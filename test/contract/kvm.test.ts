// SPDX-License-Identifier: Apache-2.0
// The hypervisor contract, held against a real libvirtd and QEMU.

import { PrivateLibvirt } from "./private-libvirt.js";
import { hypervisorSuite } from "./hypervisor-suite.js";

hypervisorSuite(() => PrivateLibvirt.open());
