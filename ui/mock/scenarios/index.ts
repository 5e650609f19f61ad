// SPDX-License-Identifier: Apache-2.0
// The stories that the mock can tell, by name; everything begins with the pair of hosts.

import type { Settle } from "../../../core/sim/time.js";
import type { World } from "../world/world.js";
import { emptyWorld, settlePast } from "./twins.js";
import { atHome, scenarios, type ScenarioName, type Story } from "./stories.js";

export { scenarios, type ScenarioName } from "./stories.js";

export const isScenario = (name: string): name is ScenarioName => Object.hasOwn(scenarios, name);

/** The world, and what ends when the scenario has come to where somebody begins to watch. */
export function play(
  name: ScenarioName,
  seed: number,
  startWallMs: number,
  settle: Settle,
): { readonly world: World; readonly begun: Promise<void> } {
  const told: Story = scenarios[name];
  const world = emptyWorld(seed, startWallMs, told.arbiter, settle);
  told.place(world);
  settlePast(world);
  const begin = async (): Promise<void> => {
    await world.begin(atHome(world), told.before?.(world) ?? "", told.story ?? "");
    await told.then?.(world);
  };
  return { world, begun: begin() };
}
