// SPDX-License-Identifier: Apache-2.0
// The hypervisor contract, held against the fake on which the control plane's tests stand.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { World } from "./world.js";
import { FakeHypervisor } from "./fake-hypervisor.js";
import { hypervisorSuite } from "./hypervisor-suite.js";

const mountPoint = "/fake/vm/m1";

function open(): Promise<World> {
  const fake = new FakeHypervisor({ mounted: (path) => path === mountPoint, hearsPowerButton: false });
  const settled = (act: () => void): Promise<void> => {
    act();
    return Promise.resolve();
  };
  return Promise.resolve({
    hypervisor: fake,
    workload: fake,
    create: (name) => Promise.resolve(fake.add(name, ["/fake/images/disk.raw"])),
    pauseOutside: (vm) => settled(() => fake.pauseOutside(vm)),
    mountPoint,
    createVm: (name, folder = "/fake/images") => Promise.resolve(fake.add(name, [join(folder, "disk.raw")])),
    startOutside: (vm) => fake.startOutside(vm),
    describeOutside: async (vm, text) => {
      const now = await fake.definition(vm);
      if (now.ok)
        fake.changeOutside(vm, now.value.replace("</domain>", `<description>${text}</description></domain>`));
    },
    freeze: (vm, frozen) => settled(() => fake.signal(vm, frozen ? "SIGSTOP" : "SIGCONT")),
    crash: (vm) => settled(() => fake.signal(vm, "SIGKILL")),
    stopService: () => settled(() => fake.service(false)),
    startService: () => settled(() => fake.service(true)),
    alive: (process) => Promise.resolve(existsSync(`/proc/${process["pid"] ?? ""}`)),
    reset: () => fake.close(),
    close: () => fake.close(),
  });
}

hypervisorSuite(open);
