// SPDX-License-Identifier: Apache-2.0
// R102: a host on which no hypervisor that Gemel knows can be. Its daemon lives, says so, and starts nothing:
// what is asked of it is refused with the reason and the way out.

import { failure } from "../../base/errors.js";
import type { Hypervisor, Outcome } from "../../ports/hypervisor.js";

export function noHypervisor(node: string, system: string): Hypervisor {
  const { code, message, next } = failure("GEMEL-4023", node, `This system is ${system}.`);
  const refuse = (): Promise<Outcome<never>> => Promise.resolve({ ok: false, code, message, next });
  return {
    kind: "none",
    lacks: ["save", "live-migration", "events", "guest-agent"],
    connect: refuse,
    close: () => Promise.resolve(),
    list: refuse,
    look: refuse,
    inspect: refuse,
    preflight: refuse,
    prepare: refuse,
    release: refuse,
    relink: refuse,
    define: refuse,
    validate: refuse,
    undefine: refuse,
    definition: refuse,
    startHeld: refuse,
    letRun: refuse,
    proveDisks: refuse,
    stop: refuse,
    kill: refuse,
    health: refuse,
    goOnAfterDiskError: refuse,
    figures: refuse,
    setAutostart: refuse,
    guard: refuse,
    events: () => () => undefined,
  };
}
