// SPDX-License-Identifier: Apache-2.0
// What is special about each scenario, told as transcripts (core/sim/transcript.ts): what has happened before
// anybody watches, and what goes on then.

import { GiB, moduleScene } from "../world/scenery.js";
import { copyFirst } from "../rooms/protect.js";
import type { World } from "../world/world.js";
import { addUnprotected, crossed } from "./twins.js";

/** Of a copy that only catches up. */
const fillSeconds = 60;

/** Each VM where it is at home, both copies equal. */
export function atHome({ modules }: World): string {
  if (modules.length === 0) return "";
  const away = modules.filter(({ home }) => home === "beta");
  return [
    "given pair",
    ...away.map(({ id }) => `alpha: swap ${id}`),
    ...away.map(({ id }) => `alpha SECOND Ready ${id}, beta PRIM Ready ${id}`),
    `fill ${fillSeconds}`,
  ].join("\n");
}

export interface Story {
  readonly title: string;
  /** Without a lease a silent host may still run its VMs. */
  readonly arbiter: "lease" | "none";
  /** Puts the scenery up. */
  readonly place: (world: World) => void;
  readonly before?: (world: World) => string;
  readonly story?: string;
  /** What no transcript can tell, when it has begun. */
  readonly then?: (world: World) => void | Promise<void>;
}

export function twins(world: World): void {
  for (const plan of crossed) world.modules.push(moduleScene(world.seed, world.nodes, plan));
  addUnprotected(world);
}

const places = ["Tor", "Halle", "Parkhaus", "Aufzug", "Labor", "Dach", "정문", "Lager"] as const;

function thirtyTwo(world: World): void {
  for (let index = 0; index < 32; index++) {
    const place = places[index % places.length] ?? "Tor";
    world.modules.push(
      moduleScene(world.seed, world.nodes, {
        id: `vm${String(index + 1).padStart(2, "0")}`,
        vm: { name: `${place} ${Math.floor(index / places.length) + 1}` },
        // More on alpha, so that balance has something to propose.
        home: index % 8 < 5 ? "alpha" : "beta",
        index,
        cpu: 0.12 + (index % 5) * 0.09,
        memory: (1 + (index % 2)) * GiB,
      }),
    );
  }
}

function failoverAgain(world: World): void {
  for (const module of world.modules.filter(({ id }) => id !== "cam1")) {
    world.configure(module, { ...module.settings, failover: true });
  }
}

function conflictPlace(world: World): void {
  twins(world);
  for (const module of world.modules.filter(({ id }) => id !== "cam1")) {
    module.settings = { ...module.settings, failover: false };
  }
}

const splitAndHealed = `
cut data
cut heart
alpha ALONE, beta ALONE
after 60
heal data
heal heart
says alpha conflict
after 70
`;

const betaComesBack = (world: World): string => `
power-off beta
${world.modules.map(({ id }) => `alpha ALONE NotReady ${id}`).join("\n")}
fill 120
boot beta
${world.modules.map(({ id }) => `alpha ALONE Transient ${id}`).join("\n")}
after 37
`;

const lostAndBack = `
after 10
power-off beta
after 60
boot beta
`;

/** Nobody can say who may go on: guests wait, and are paused after a while. */
const everythingSilent = `
after 10
cut arbiter
cut data
cut heart
after 60
heal data
heal heart
heal arbiter
`;

async function paused(world: World): Promise<void> {
  const since = world.wall(-12 * 60_000);
  await world.share("pause", "", { since, by: "anna", why: "the switch is being replaced" });
}

async function firstCopy(world: World): Promise<void> {
  const plan = { id: "archive", vm: { name: "Archiv" }, home: "alpha", index: 4, sizeGiB: 160 };
  await copyFirst(world, moduleScene(world.seed, world.nodes, plan));
}

function diskFull(world: World): void {
  const mirror = [...world.cluster.host("beta").mirrors].find(([id]) => id === "cam2")?.[1];
  if (mirror !== undefined) mirror.diskFull = true;
  world.host("beta").disk.free = 3 * GiB;
}

function trouble(kind: "stream-stale" | "silent"): (world: World) => void {
  return (world) => {
    world.after(10_000, () => void (world.trouble = kind));
    world.after(70_000, () => void (world.trouble = "none"));
  };
}

const usual = { arbiter: "none", place: twins } as const;

export const scenarios = {
  calm: { ...usual, title: "Calm: four VMs, crossed", arbiter: "lease" },
  "host-loss": { ...usual, title: "beta dies after 10 s and returns", story: lostAndBack },
  reintegration: {
    ...usual,
    title: "beta is catching up",
    before: betaComesBack,
  },
  "first-copy": { ...usual, title: "A first copy", then: firstCopy },
  conflict: {
    ...usual,
    title: "Both copies ran alone",
    place: conflictPlace,
    before: () => splitAndHealed,
    then: (world: World) => {
      failoverAgain(world);
    },
  },
  "disk-full": { ...usual, title: "A disk is full", then: diskFull },
  frozen: { ...usual, title: "Writes wait after 10 s", arbiter: "lease", story: everythingSilent },
  paused: { ...usual, title: "Automatic failover is paused", then: paused },
  "thirty-two": { ...usual, title: "32 modules", place: thirtyTwo },
  "stale-stream": {
    ...usual,
    title: "The live stream stands still after 10 s",
    then: trouble("stream-stale"),
  },
  "nobody-answers": { ...usual, title: "Nobody answers after 10 s", then: trouble("silent") },
  empty: { title: "No VM is protected yet", arbiter: "none", place: addUnprotected },
} as const satisfies Record<string, Story>;

export type ScenarioName = keyof typeof scenarios;
