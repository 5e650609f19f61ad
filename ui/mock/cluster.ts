// SPDX-License-Identifier: Apache-2.0
// The mock cluster behind the console's Transport: the same requests, answers and events as a daemon's, out
// of two simulated hosts (core/sim) on which the daemon's own middle runs. No browser here: node's tests use
// the same object (main.ts puts it into a page). What is asked and what passes come one after the other.

import { moduleId, nodeName } from "../../core/base/units.js";
import { callAddress, type Answer, type Ask, type Asking, type CallWay } from "../../core/api/calls/ask.js";
import type { LiveEvent, LoginRequest } from "../../core/api/contract.js";
import { fieldsOf } from "../../core/api/calls/deed.js";
import { rowOf } from "../../core/api/calls/table.js";
import type { PersonCaller } from "../../core/api/door.js";
import { schemas } from "../../core/api/schemas/calls.js";
import { TooManyTries } from "../../core/edge/access/login-guard.js";
import { mayDo } from "../../core/describe/words/words.js";
import { ApiFailure, silence, type StreamListener, type Transport } from "../api.js";
import { callFor, judged, MockDaemon, refusalOf } from "./daemon.js";
import { Access, personAddress, personOf } from "./rooms/access.js";
import { authorityPem } from "./rooms/cluster.js";
import { liveFigures } from "./rooms/figures.js";
import { verifyOneSecond } from "./rooms/modules.js";
import { play, type ScenarioName } from "./scenarios/index.js";
import { GemelError } from "../../core/base/errors.js";
import type { Settle } from "../../core/sim/time.js";
import { statusOf } from "./world/status.js";
import type { World } from "./world/world.js";

export interface MockOptions {
  /** core/sim/time.ts: ends when nobody has anything left to do. */
  readonly settle: Settle;
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
  private readonly daemons = new Map<string, MockDaemon>();
  private caller: PersonCaller | null = null;
  /** What is under way; the next one waits for it. */
  private turn: Promise<unknown>;

  constructor(private readonly options: MockOptions) {
    const { scenario = "calm", seed = 1, startWallMs, user, settle } = options;
    const { world, begun } = play(scenario, seed, startWallMs, settle);
    this.world = world;
    this.turn = begun;
    this.access = new Access(world);
    const known = user === undefined ? undefined : this.access.users.find(user);
    if (known !== undefined) this.caller = personOf(known.name, known.role);
    this.everySecond();
  }

  /** Lets simulated time pass. */
  async advance(ms: number): Promise<void> {
    await this.inTurn(() => this.world.advance(ms));
  }

  /** Automatic failover, as if somebody else had paused it. */
  async pauseBy(by: string, why: string): Promise<void> {
    await this.inTurn(() => this.world.share("pause", "", { since: this.world.wall(), by, why }));
  }

  async resume(): Promise<void> {
    await this.inTurn(() => this.world.share("pause", "", null));
  }

  /** As if somebody had ended its protection elsewhere. */
  async endModule(id: string): Promise<void> {
    await this.inTurn(() => this.world.removeModule(id));
  }

  readonly ask: Ask = async <W extends CallWay>(way: W, ...asking: Asking<W>): Promise<Answer<W>> => {
    const [named, body]: readonly [named?: object, body?: unknown] = asking;
    const { method, path } = callAddress(way, named);
    return (await this.request(method, path, body)) as Answer<W>;
  };

  /** As it is on the wire, whatever that is; `path` below /api/v1. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    return await this.inTurn(async () => {
      const self = this.world.answering;
      if (self === undefined || this.world.trouble === "silent") throw silence("mock");
      try {
        const answer = await this.answer(self, method, path, body);
        // As on the wire: a copy without undefined, or nothing.
        return answer === undefined ? undefined : (JSON.parse(JSON.stringify(answer)) as unknown);
      } catch (thrown) {
        const { status, failure } = refusalOf(thrown);
        const wait = thrown instanceof TooManyTries ? thrown.retryAfterSeconds : null;
        throw new ApiFailure(status, failure, wait);
      }
    });
  }

  private async inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(act);
    this.turn = mine.catch(() => undefined);
    return await mine;
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
    void this.inTurn(async () => {
      await Promise.resolve();
      if (this.caller === null || isQuiet()) return;
      listener.opened();
      listener.event({ kind: "status", status: this.status() });
      listener.event({ kind: "figures", figures: liveFigures(this.world) });
    });
    return stop;
  }

  private status(): Extract<LiveEvent, { kind: "status" }>["status"] {
    return statusOf(this.world, this.world.answering ?? "nobody");
  }

  private async answer(self: string, method: string, address: string, body: unknown): Promise<unknown> {
    const { pathname, searchParams } = new URL(address, "https://mock");
    const called = callFor(method, pathname);
    const { way, params } = called;
    if (way === "POST /login") return await this.login(self, body);
    const { caller } = this;
    if (way === "GET /cluster/ca") return authorityPem(this.world);
    const { admits, deed } = rowOf(way);
    if (caller === null) throw new GemelError("GEMEL-4013", personAddress);
    if (admits === "nodes" || admits === "local" || (admits !== "everybody" && !mayDo(caller.role, admits)))
      throw new GemelError("GEMEL-4009", caller.name);
    if (way === "POST /logout") {
      this.enter(null);
      return { sentence: `${caller.name} is logged out.` };
    }
    if (way === "POST /session/handover") return this.access.handOver(caller);
    const words = deed?.({ params, body: fieldsOf(body) }) ?? null;
    const query = Object.fromEntries(searchParams);
    const act = (): Promise<unknown> => this.daemon(self).carryOut(called, query, body, caller);
    const { module } = params;
    return words === null ? await act() : await this.audited(caller, self, words, module, act);
  }

  private daemon(name: string): MockDaemon {
    const { world, access, daemons } = this;
    const found =
      daemons.get(name) ?? new MockDaemon(world, nodeName(name), access, (one) => this.daemon(one));
    daemons.set(name, found);
    return found;
  }

  private async login(self: string, body: unknown): Promise<unknown> {
    const request = judged(schemas["POST /login"].body, body) as LoginRequest;
    const nobody = personOf(request.user, "monitor");
    const caller = await this.audited(nobody, self, "log in", undefined, () => this.access.login(request));
    this.enter(caller);
    return this.access.at(self).session(caller);
  }

  private enter(caller: PersonCaller | null): void {
    this.caller = caller;
    this.options.onCaller?.(caller?.name ?? null);
  }

  /** Who did what from where, whether it was accepted or not. */
  private async audited<T>(
    { name, address, role }: PersonCaller,
    self: string,
    sentence: string,
    module: string | undefined,
    act: () => Promise<T>,
  ): Promise<T> {
    const note = (outcome: string): void => {
      this.world.record({
        node: self,
        kind: "audit",
        module: this.world.modules.some(({ id }) => id === module) ? (module ?? null) : null,
        rule: "command",
        sentence,
        inputs: { by: name, from: address, as: role },
        outcome,
      });
    };
    try {
      const answer = await act();
      note("accepted");
      this.tell();
      return answer;
    } catch (thrown) {
      note(`refused (${refusalOf(thrown).status})`);
      throw thrown;
    }
  }

  /** One second of life. */
  private everySecond(): void {
    const { world } = this;
    world.after(secondMs, () => {
      for (const module of world.modules) verifyOneSecond(world, module);
      seeWholeCopies(world);
      world.keepDecisions();
      this.tell();
      if (world.isListenedTo) world.publish({ kind: "figures", figures: liveFigures(world) });
      this.everySecond();
    });
  }

  private tell(): void {
    const { world } = this;
    if (world.isListenedTo && world.answering !== undefined)
      world.publish({ kind: "status", status: this.status() });
  }
}

/** Once both copies are equal, what is copied later is no first copy. */
function seeWholeCopies({ cluster, modules }: World): void {
  for (const module of modules) {
    if (cluster.hosts.some((host) => host.mirrors.get(moduleId(module.id))?.inSync === true))
      module.isWhole = true;
  }
}
