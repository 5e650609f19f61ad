// SPDX-License-Identifier: Apache-2.0
// R102: a kind of hypervisor that Gemel knows (kvm/, later hyperv/). Which one a host has is looked up there,
// and no other one is loaded; whoever knows all of them is core/main.ts.

import type { Hypervisor } from "./hypervisor.js";

export interface AdapterPlace {
  /** This node's name, for findings. */
  readonly node: string;
  readonly etc: string;
  readonly run: string;
}

export interface HypervisorAdapter {
  readonly kind: Hypervisor["kind"];
  /**
   * `absent`: not installed, on a system that can have it. It may be about to be installed anew under guests
   * that run. `never`: not on this kind of system.
   */
  readonly presence: () => "here" | "absent" | "never";
  readonly open: () => Promise<(place: AdapterPlace) => Hypervisor>;
}

/** What is installed counts; else what could be; undefined: nothing that Gemel knows runs on this system. */
export function chosenAdapter(adapters: readonly HypervisorAdapter[]): HypervisorAdapter | undefined {
  const seen = adapters.map((adapter) => ({ adapter, presence: adapter.presence() }));
  const found =
    seen.find(({ presence }) => presence === "here") ?? seen.find(({ presence }) => presence === "absent");
  return found?.adapter;
}
