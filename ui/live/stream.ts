// SPDX-License-Identifier: Apache-2.0
// Whether what the page shows is the present: one small store that the stream feeds and banners read. The
// figures come every second while somebody listens, so a silence says something: after `staleMs` the page
// calls its own picture old, whatever the browser believes of the connection.

export type StreamHealth =
  | { readonly state: "opening" }
  | { readonly state: "live" }
  /** Wall time of the last event: what is shown was true then. */
  | { readonly state: "stale"; readonly since: string };

/** Five missed figures: a stall of a second or two is no reason to frighten anybody. */
export const staleMs = 5000;

type Listener = () => void;

export class StreamStore {
  private health: StreamHealth = { state: "opening" };
  private lastAt: number;
  private readonly listeners = new Set<Listener>();

  constructor(private readonly now: () => number) {
    this.lastAt = now();
  }

  readonly snapshot = (): StreamHealth => this.health;

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  heard(): void {
    this.lastAt = this.now();
    if (this.health.state !== "live") this.become({ state: "live" });
  }

  /** Asked every second: has it been silent for too long? */
  look(): void {
    if (this.health.state !== "stale" && this.now() - this.lastAt > staleMs)
      this.become({ state: "stale", since: new Date(this.lastAt).toISOString() });
  }

  /** How long ago the last event came. */
  ageMs(): number {
    return this.now() - this.lastAt;
  }

  private become(health: StreamHealth): void {
    this.health = health;
    this.listeners.forEach((listener) => {
      listener();
    });
  }
}
