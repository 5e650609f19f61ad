// SPDX-License-Identifier: Apache-2.0
// Figures of every second, outside of React's state: 32 modules' cards each redraw only their own, and
// nothing else redraws at all. Keeps the last `keptMax` seconds for the small charts: memory is bounded.
//
//     begin() ─► recall(GET /trends): what was before the page or the connection
//                push(the stream): each second, behind it
//
// What is recalled and what is pushed may come in either order.

import type { LiveFigures, ModuleFigures, Series, SeriesName, Trends } from "../../core/api/contract.js";

const keptMax = 90;

type Values = readonly (number | null)[];

/** A new object with each second, so that a snapshot can be compared by identity. */
export interface ModuleTrend {
  readonly node: string;
  readonly at: string;
  readonly now: ModuleFigures;
  readonly cpu: Values;
  readonly writeUs: Values;
  readonly dirtyBytes: Values;
}

export interface HostTrend {
  readonly at: string;
  readonly cpu: number | null;
  readonly memoryUsed: number | null;
  readonly cpuTrend: Values;
}

type Listener = () => void;

export class FiguresStore {
  private readonly modules = new Map<string, ModuleTrend>();
  private readonly hosts = new Map<string, HostTrend>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly past = new Map<string, Series["values"]>();
  /** Pushed since the connection began: what is older has no place on an axis of seconds. */
  private readonly joined = new Set<string>();

  /** A connection begins, the first or another after a silence. */
  begin(): void {
    this.past.clear();
    this.joined.clear();
  }

  recall(trends: Trends): void {
    const { hosts, modules, stepSeconds } = trends;
    for (const { subject, values } of hosts) this.remember(`host/${subject}`, values, stepSeconds);
    for (const { subject, values } of modules) this.remember(`module/${subject}`, values, stepSeconds);
    for (const [id, module] of this.modules) {
      const subject = `module/${id}`;
      if (!this.joined.has(subject)) continue;
      this.modules.set(id, {
        ...module,
        cpu: before(this.pastOf(subject, "cpu"), module.cpu),
        writeUs: before(this.pastOf(subject, "writeP50Us"), module.writeUs),
        dirtyBytes: before(this.pastOf(subject, "dirtyBytes"), module.dirtyBytes),
      });
    }
    for (const [name, host] of this.hosts) {
      const subject = `host/${name}`;
      if (!this.joined.has(subject)) continue;
      this.hosts.set(name, { ...host, cpuTrend: before(this.pastOf(subject, "cpu"), host.cpuTrend) });
    }
    for (const subject of this.joined) this.tell(subject);
  }

  push(figures: readonly LiveFigures[]): void {
    for (const one of figures) {
      this.pushHost(one);
      for (const module of one.modules) this.pushModule(one, module);
    }
  }

  module(id: string): ModuleTrend | undefined {
    return this.modules.get(id);
  }

  host(name: string): HostTrend | undefined {
    return this.hosts.get(name);
  }

  /** `subject`: "module/ID" or "host/NAME". */
  subscribe(subject: string, listener: Listener): () => void {
    const set = this.listeners.get(subject) ?? new Set();
    this.listeners.set(subject, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(subject);
    };
  }

  private pushHost({ node, at, host }: LiveFigures): void {
    const subject = `host/${node}`;
    const trend = this.joined.has(subject) ? this.hosts.get(node)?.cpuTrend : undefined;
    const cpu = host?.cpu ?? null;
    this.hosts.set(node, {
      at,
      cpu,
      memoryUsed: host?.memoryUsed ?? null,
      cpuTrend: appended(trend ?? this.pastOf(subject, "cpu"), cpu),
    });
    this.joined.add(subject);
    this.tell(subject);
  }

  private pushModule({ node, at }: LiveFigures, now: ModuleFigures): void {
    const id = now.module;
    const subject = `module/${id}`;
    const last = this.joined.has(subject) ? this.modules.get(id) : undefined;
    this.modules.set(id, {
      node,
      at,
      now,
      cpu: appended(last?.cpu ?? this.pastOf(subject, "cpu"), now.cpu),
      writeUs: appended(last?.writeUs ?? this.pastOf(subject, "writeP50Us"), now.writeP50Us),
      dirtyBytes: appended(last?.dirtyBytes ?? this.pastOf(subject, "dirtyBytes"), now.dirtyBytes),
    });
    this.joined.add(subject);
    this.tell(subject);
  }

  private remember(subject: string, values: Series["values"], stepSeconds: number): void {
    const spreadOut = Object.entries(values).map(([name, column]) => [name, spread(column, stepSeconds)]);
    this.past.set(subject, Object.fromEntries(spreadOut) as Series["values"]);
  }

  private pastOf(subject: string, name: SeriesName): Values {
    return this.past.get(subject)?.[name] ?? [];
  }

  private tell(subject: string): void {
    this.listeners.get(subject)?.forEach((listener) => {
      listener();
    });
  }
}

const appended = (trend: Values, value: number | null): Values => [...trend.slice(-(keptMax - 1)), value];

/** A past whose last seconds the stream has told meanwhile, and these. */
const before = (past: Values, told: Values): Values =>
  [...past.slice(0, Math.max(0, past.length - told.length)), ...told].slice(-keptMax);

/** A value per step becomes one per second, nothing known in between: the chart draws straight across. */
const spread = (values: Values, stepSeconds: number): Values =>
  values.flatMap((value) => [value, ...Array<null>(stepSeconds - 1).fill(null)]).slice(-keptMax);
