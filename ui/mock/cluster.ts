// SPDX-License-Identifier: Apache-2.0
// The mock cluster behind the console's Transport: the same requests, answers and events as a daemon's, in
// memory, over simulated time. No browser here: node's tests use the same object (main.ts puts it into a
// page).
//
// Invariant: nothing moves unless `advance` is called; the same seed, scenario and calls give the same
// answers.

import { apiRoot, type LiveEvent } from "../../core/api/contract.js";
import { fieldsOf } from "../../core/api/calls/deed.js";
import { deedOf } from "../../core/api/calls/table.js";
import { ApiFailure, silence, type Method, type StreamListener, type Transport } from "../api.js";
import { bodies } from "./bodies.js";
import { Access } from "./rooms/access.js";
import { liveFigures } from "./rooms/figures.js";
import { verifyOneSecond } from "./rooms/modules.js";
import { admit, personAddress, routeFor } from "./routes.js";
import { play, type ScenarioName } from "./scenarios/index.js";
import { Refusal } from "./world/refusal.js";
import { statusOf } from "./world/status.js";
import { copyOneSecond, gatherDirt } from "./world/turns.js";
import type { Caller } from "./world/types.js";
import type { World } from "./world/world.js";

export interface MockOptions {
  readonly scenario?: ScenarioName;
  readonly seed?: number;
  /** What the hosts' clocks show at the beginning. */
  readonly startWallMs: number;
  /** Logged in from the beginning as this user. */
  readonly user?: string;
  /** Told when somebody logs in or out, so that a page can survive being loaded again. */
  readonly onCaller?: (user: string | null) => void;
}

const secondMs = 1_000;

export class MockCluster implements Transport {
  readonly world: World;
  private readonly access: Access;
  private caller: Caller | null = null;

  constructor(private readonly options: MockOptions) {
    const { scenario = "calm", seed = 1, startWallMs, user } = options;
    this.world = play(scenario, seed, startWallMs);
    this.access = new Access(this.world);
    const known = this.world.users.find(({ name }) => name === user);
    if (known !== undefined) this.caller = { user: known.name, role: known.role };
    this.world.clock.every(secondMs, () => this.live());
  }

  /** Lets simulated time pass. */
  advance(ms: number): void {
    this.world.clock.advance(ms);
  }

  async request<T>(method: Method, path: string, body?: unknown): Promise<T> {
    // A browser never has its answer in the same turn.
    await Promise.resolve();
    const self = this.world.answering;
    if (self === undefined || this.world.trouble === "silent") throw silence("mock");
    try {
      const answer = this.answer(self.name, method, path, body);
      // As on the wire: a copy without undefined, or nothing.
      return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as T;
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      throw new ApiFailure(thrown.status, thrown.body, thrown.retryAfterSeconds);
    }
  }

  events(listener: StreamListener): () => void {
    let wasLost = false;
    const isQuiet = (): boolean => this.world.trouble !== "none" || this.world.answering === undefined;
    const stop = this.world.listen((event) => {
      if (this.caller === null || this.world.trouble === "stream-stale") return;
      if (isQuiet()) {
        if (!wasLost) listener.lost(silence("mock"));
        wasLost = true;
        return;
      }
      if (wasLost) listener.opened();
      wasLost = false;
      listener.event(event);
    });
    queueMicrotask(() => {
      if (this.caller === null || isQuiet()) return;
      listener.opened();
      listener.event({ kind: "status", status: this.status() });
      listener.event({ kind: "figures", figures: liveFigures(this.world) });
    });
    return stop;
  }

  private status(): Extract<LiveEvent, { kind: "status" }>["status"] {
    return statusOf(this.world, this.world.answering?.name ?? "nobody");
  }

  private answer(self: string, method: Method, address: string, body: unknown): unknown {
    const { pathname, searchParams } = new URL(address, "https://mock");
    if (method === "POST" && pathname === "/login") return this.login(self, body);
    if (method === "POST" && pathname === "/logout") {
      const user = this.caller?.user ?? "nobody";
      this.enter(null);
      return { sentence: `${user} is logged out.` };
    }
    const { route, name } = routeFor(method, pathname);
    admit(route, this.caller);
    const caller = this.caller ?? { user: "nobody", role: "monitor" };
    const query = Object.fromEntries(searchParams);
    const { world, access } = this;
    const asked = { world, access, caller, self, name, query, body };
    const params = { module: name, user: name, id: name };
    const deed = deedOf(`${method} ${apiRoot}${route.path}`, { params, body: fieldsOf(body) });
    if (method === "GET" || deed === null) return route.answer(asked);
    return this.audited(caller, self, { deed, about: name }, () => route.answer(asked));
  }

  private login(self: string, body: unknown): unknown {
    const request = bodies.login(body);
    const nobody: Caller = { user: request.user, role: "monitor" };
    const caller = this.audited(nobody, self, { deed: "log in", about: "" }, () =>
      this.access.login(request),
    );
    this.enter(caller);
    return this.access.session(caller, self);
  }

  private enter(caller: Caller | null): void {
    this.caller = caller;
    this.options.onCaller?.(caller?.user ?? null);
  }

  /** Who did what from where, whether it was accepted or not. */
  private audited<T>(
    caller: Caller,
    self: string,
    { deed, about }: { readonly deed: string; readonly about: string },
    act: () => T,
  ): T {
    const note = (outcome: string): void => {
      this.world.record({
        node: self,
        kind: "audit",
        module: this.world.modules.some(({ id }) => id === about) ? about : null,
        rule: "command",
        sentence: deed,
        inputs: { by: caller.user, from: personAddress, as: caller.role },
        outcome,
      });
    };
    try {
      const answer = act();
      note("accepted");
      this.tell();
      return answer;
    } catch (thrown) {
      note(thrown instanceof Refusal ? `refused (${thrown.status})` : "failed");
      throw thrown;
    }
  }

  /** One second of life. */
  private live(): void {
    const { world } = this;
    for (const module of world.modules) {
      copyOneSecond(world, module);
      verifyOneSecond(world, module);
      gatherDirt(module);
    }
    this.tell();
    if (world.isListenedTo) world.publish({ kind: "figures", figures: liveFigures(world) });
  }

  private tell(): void {
    if (this.world.isListenedTo) this.world.publish({ kind: "status", status: this.status() });
  }
}
