// SPDX-License-Identifier: Apache-2.0
// How loaded VMs and hosts are. Each figure is a function of seed, subject and time, so that the live stream
// and the charts of the past show the same curve without the past being kept.

import type {
  LiveFigures,
  ModuleFigures,
  Series,
  SeriesName,
  SeriesRange,
  Trends,
} from "../../../core/api/contract.js";
import { wave } from "../world/chance.js";
import { moduleId } from "../../../core/base/units.js";
import { seriesNames } from "../../../core/base/vocabulary.js";
import type { MirrorStatus } from "../../../native/index.js";
import { MiB, type HostScene, type ModuleScene } from "../world/scenery.js";
import type { World } from "../world/world.js";

/** More people, doors and cameras by day: 0.5 at four in the morning, 1.3 at four in the afternoon. */
const dayShape = (wallMs: number): number =>
  0.9 - 0.4 * Math.cos(((wallMs / 3_600_000 - 4) / 24) * 2 * Math.PI);

interface Moment {
  readonly world: World;
  readonly module: ModuleScene;
  readonly wallMs: number;
  readonly paired: boolean;
}

function unrest({ world, module, wallMs }: Moment, name: string): number {
  const slow = wave(world.seed, `${module.id} ${name} slow`, wallMs, 240_000);
  const quick = wave(world.seed, `${module.id} ${name}`, wallMs, 7_000);
  return 0.55 + 0.6 * slow + 0.3 * quick;
}

function figuresAt(moment: Moment): ModuleFigures {
  const { module, wallMs, paired } = moment;
  const { load } = module;
  const day = dayShape(wallMs);
  const writes = Math.round(load.writesPerSecond * day * unrest(moment, "writes"));
  const local = Math.round(62 + 40 * unrest(moment, "disk"));
  const peer = paired ? Math.round(150 + 90 * unrest(moment, "wire")) : null;
  const whole = Math.max(local, peer ?? 0) + 18;
  return {
    module: module.id,
    cpu: Number((load.cpu * day * unrest(moment, "cpu")).toFixed(3)),
    memory: Math.round(load.memory * (0.82 + 0.1 * unrest(moment, "memory"))),
    writesPerSecond: writes,
    bytesWrittenPerSecond: writes * load.bytesPerWrite,
    bytesReadPerSecond: Math.round(load.bytesReadPerSecond * day * unrest(moment, "reads")),
    writeP50Us: writes === 0 ? null : whole,
    writeP99Us: writes === 0 ? null : Math.round(whole * (2.2 + 2 * unrest(moment, "tail"))),
    localP50Us: writes === 0 ? null : local,
    peerP50Us: writes === 0 ? null : peer,
    dirtyBytes: paired
      ? Math.round(MiB * 4 * unrest(moment, "dirty"))
      : Math.round(module.size.allocated * 0.02),
    inFlight: Math.round(3 * unrest(moment, "flight")),
  };
}

export function liveFigures(world: World): LiveFigures[] {
  return world.hosts
    .filter(({ name }) => world.cluster.host(name).isDaemonUp)
    .map((host) => figuresOf(world, host));
}

export function figuresOf(world: World, host: HostScene): LiveFigures {
  const modules = world.modules
    .filter((module) => runnerOf(world, module) === host.name)
    .map((module) => presentOf(world, module));
  const sum = (pick: (one: ModuleFigures) => number | null): number =>
    modules.reduce((total, one) => total + (pick(one) ?? 0), 0);
  const own = wave(world.seed, `host ${host.name}`, world.wallMs, 9_000);
  return {
    node: host.name,
    at: world.wall(),
    host: {
      cpu: Number((sum(({ cpu }) => cpu) + 0.25 + 0.3 * own).toFixed(3)),
      memoryUsed: Math.round(sum(({ memory }) => memory) + 1.6 * 1024 * MiB),
    },
    modules,
  };
}

export function presentOf(world: World, module: ModuleScene): ModuleFigures {
  const mirror = mirrorOf(world, module);
  const isFrozen = mirror?.freeze !== undefined;
  const paired = mirror?.inSync === true || isFrozen;
  const figures = figuresAt({ world, module, wallMs: world.wallMs, paired });
  return isFrozen ? { ...figures, ...nothingWritten } : figures;
}

/** Where the VM runs. */
export const runnerOf = ({ cluster }: World, { id }: ModuleScene): string | undefined =>
  cluster.hosts.find((host) => host.isUp && host.machines.get(moduleId(id))?.on === true)?.name;

/** Of the copy behind the VM. */
function mirrorOf(world: World, module: ModuleScene): MirrorStatus | undefined {
  const node = runnerOf(world, module);
  return node === undefined ? undefined : world.cluster.host(node).mirrors.get(moduleId(module.id))?.status();
}

/** While writes wait none is acknowledged, and those that the guest has given stay in flight. */
const nothingWritten = {
  writesPerSecond: 0,
  bytesWrittenPerSecond: 0,
  writeP50Us: null,
  writeP99Us: null,
  localP50Us: null,
  peerP50Us: null,
  inFlight: 17,
} as const;

const spans: Readonly<Record<SeriesRange, { readonly points: number; readonly stepSeconds: number }>> = {
  "1h": { points: 360, stepSeconds: 10 },
  "24h": { points: 288, stepSeconds: 300 },
  "30d": { points: 360, stepSeconds: 7_200 },
};

export function trendsOf(world: World): Trends {
  const hour = frameOf(world, "1h");
  const { stepSeconds } = hour;
  const at = hour.at.slice(-12);
  const frame = { ...hour, at };
  return {
    stepSeconds,
    at,
    hosts: world.hosts.map((host) => {
      const { cpu = [] } = seriesOfHost(world, host, frame).values;
      return { subject: host.name, values: { cpu } };
    }),
    modules: world.modules.map((module) => {
      const { cpu = [], writeP50Us = [], dirtyBytes = [] } = seriesOfModule(world, module, frame).values;
      return { subject: module.id, values: { cpu, writeP50Us, dirtyBytes } };
    }),
  };
}

function frameOf(world: World, range: SeriesRange): Frame {
  const { points, stepSeconds } = spans[range];
  const last = Math.floor(world.wallMs / 1000 / stepSeconds) * stepSeconds;
  return {
    range,
    stepSeconds,
    at: Array.from({ length: points }, (_, index) => last - (points - 1 - index) * stepSeconds),
  };
}

type Frame = Pick<Series, "range" | "stepSeconds" | "at">;

export const moduleSeries = (world: World, module: ModuleScene, range: SeriesRange): Series =>
  seriesOfModule(world, module, frameOf(world, range));
export const hostSeries = (world: World, host: HostScene, range: SeriesRange): Series =>
  seriesOfHost(world, host, frameOf(world, range));

function seriesOfModule(world: World, module: ModuleScene, frame: Frame): Series {
  const past = frame.at.map((second) =>
    figuresAt({ world, module, wallMs: second * 1000, paired: mirrorOf(world, module)?.inSync === true }),
  );
  const node = runnerOf(world, module) ?? module.home;
  const column = (name: SeriesName): (number | null)[] => past.map((one) => one[name]);
  return {
    subject: module.id,
    ...frame,
    node: frame.at.map(() => node),
    values: Object.fromEntries(seriesNames.map((name) => [name, column(name)])),
  };
}

function seriesOfHost(world: World, host: HostScene, frame: Frame): Series {
  const here = world.modules.filter((module) => runnerOf(world, module) === host.name);
  const column = (pick: (one: ModuleFigures) => number | null, base: number): number[] =>
    frame.at.map((second) =>
      here.reduce((total, module) => {
        const one = figuresAt({ world, module, wallMs: second * 1000, paired: true });
        return total + (pick(one) ?? 0);
      }, base),
    );
  return {
    subject: host.name,
    ...frame,
    node: frame.at.map(() => host.name),
    values: {
      cpu: column(({ cpu }) => cpu, 0.4),
      memory: column(({ memory }) => memory, 1.6 * 1024 * MiB),
    },
  };
}
