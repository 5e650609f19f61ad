// SPDX-License-Identifier: Apache-2.0
// The stories that the mock can tell, by name. A scenario is what is special about it: everything begins with
// the calm pair of hosts, and things happen by the simulated clock.

import type { World } from "../world/world.js";
import { emptyWorld, settle, twins } from "./twins.js";
import * as stories from "./stories.js";

export interface Scenario {
  /** For the mock's own menu. */
  readonly title: string;
  readonly tell: (world: World) => void;
}

export const scenarios = {
  calm: { title: "Calm: four VMs, crossed", tell: twins },
  "host-loss": { title: "beta dies after 10 s and returns", tell: stories.hostLoss },
  reintegration: { title: "beta is catching up", tell: stories.reintegration },
  "first-copy": { title: "A first copy", tell: stories.firstCopy },
  conflict: { title: "Both copies ran alone", tell: stories.conflict },
  "disk-full": { title: "A disk is full", tell: stories.diskFull },
  frozen: { title: "Writes of cam1 wait after 10 s", tell: stories.frozen },
  paused: { title: "Automatic failover is paused", tell: stories.paused },
  "thirty-two": { title: "32 modules", tell: stories.thirtyTwo },
  "stale-stream": { title: "The live stream stands still after 10 s", tell: stories.staleStream },
  "nobody-answers": { title: "Nobody answers after 10 s", tell: stories.nobodyAnswers },
  empty: { title: "No VM is protected yet", tell: stories.empty },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const isScenario = (name: string): name is ScenarioName => Object.hasOwn(scenarios, name);

export function play(name: ScenarioName, seed: number, startWallMs: number): World {
  const world = emptyWorld(seed, startWallMs, name === "calm" ? "lease" : "none");
  scenarios[name].tell(world);
  settle(world);
  return world;
}
