// SPDX-License-Identifier: Apache-2.0
// Figures of every second, outside of React's state: 32 modules' cards each redraw only their own, and
// nothing else redraws at all. Keeps the last `keptMax` seconds for the small charts: memory is bounded.

import type { LiveFigures, ModuleFigures } from "../../core/api/contract.js";

const keptMax = 90;

/** A new object with each second, so that a snapshot can be compared by identity. */
export interface ModuleTrend {
  readonly node: string;
  readonly at: string;
  readonly now: ModuleFigures;
  readonly cpu: readonly (number | null)[];
  readonly writeUs: readonly (number | null)[];
  readonly dirtyBytes: readonly (number | null)[];
}

export interface HostTrend {
  readonly at: string;
  readonly cpu: number | null;
  readonly memoryUsed: number | null;
  readonly cpuTrend: readonly (number | null)[];
}

type Listener = () => void;

export class FiguresStore {
  private readonly modules = new Map<string, ModuleTrend>();
  private readonly hosts = new Map<string, HostTrend>();
  private readonly listeners = new Map<string, Set<Listener>>();

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
    const before = this.hosts.get(node);
    const cpu = host?.cpu ?? null;
    this.hosts.set(node, {
      at,
      cpu,
      memoryUsed: host?.memoryUsed ?? null,
      cpuTrend: appended(before?.cpuTrend, cpu),
    });
    this.tell(`host/${node}`);
  }

  private pushModule({ node, at }: LiveFigures, now: ModuleFigures): void {
    const before = this.modules.get(now.module);
    this.modules.set(now.module, {
      node,
      at,
      now,
      cpu: appended(before?.cpu, now.cpu),
      writeUs: appended(before?.writeUs, now.writeP50Us),
      dirtyBytes: appended(before?.dirtyBytes, now.dirtyBytes),
    });
    this.tell(`module/${now.module}`);
  }

  private tell(subject: string): void {
    this.listeners.get(subject)?.forEach((listener) => {
      listener();
    });
  }
}

function appended(trend: readonly (number | null)[] = [], value: number | null): readonly (number | null)[] {
  return [...trend.slice(-(keptMax - 1)), value];
}
