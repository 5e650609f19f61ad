// SPDX-License-Identifier: Apache-2.0
// What every command has at hand: the connection, whether output is for a program, and how to wait for a
// state. Waiting asks again and again until the limit; the limit is the caller's, the exit code then 3.

import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Ask, Asking, CallWay, ModuleStatus, Status } from "../api/contract.js";
import { failure } from "../base/errors.js";
import { cliAskAgainMs } from "../base/limits/access.js";
import { isMarked } from "../base/reasons.js";
import { Connection, type Target } from "./connection.js";
import { commandRefused, ended, type CommandEnd } from "./outcome.js";

export class CliSession {
  private opened: Connection | undefined;

  constructor(
    /** Known only once the command line has been read. */
    private readonly target: () => Target,
    readonly json: boolean,
  ) {}

  get connection(): Connection {
    this.opened ??= new Connection(this.target());
    return this.opened;
  }

  readonly ask: Ask = <W extends CallWay>(way: W, ...asking: Asking<W>): Promise<Answer<W>> =>
    this.connection.ask(way, ...asking);

  print(value: unknown, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value)}\n` : text);
  }

  /** On the way to what is printed; a program waits for that. */
  say(text: string): void {
    if (!this.json) process.stdout.write(text);
  }

  /** A command that asks once and prints the answer. */
  says<Given extends unknown[], T>(
    ask: (...given: Given) => Promise<T>,
    text: (answer: T, ...given: Given) => string,
  ): (...given: Given) => Promise<void> {
    return async (...given) => {
      const answer = await ask(...given);
      this.print(answer, text(answer, ...given));
    };
  }

  until<T>(what: string, seconds: number, look: (status: Status) => T | undefined): Promise<T> {
    return this.repeat(
      seconds,
      () => this.ask("GET /status"),
      look,
      ({ sentence }) =>
        ended("notFinished", "GEMEL-4010", `${what} was not reached within ${seconds} s. ${sentence}`),
    );
  }

  /** Asks until `look` has found something; `late`: how it ends when the time is over. */
  async repeat<A, T>(
    seconds: number,
    ask: () => Promise<A>,
    look: (answer: A) => T | undefined,
    late: (answer: A) => CommandEnd,
  ): Promise<T> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const answer = await ask();
      const found = look(answer);
      if (found !== undefined) return found;
      if (performance.now() > end) throw late(answer);
      await pause(cliAskAgainMs);
    }
  }
}

/** What was done, as the API says it. */
export const sentenceOf = ({ sentence }: { readonly sentence: string }): string => `${sentence}\n`;

export function moduleIn(status: Status, id: string): ModuleStatus {
  const found = status.modules.find((module) => module.id === id);
  if (found === undefined) throw commandRefused(failure("GEMEL-1001", id));
  return found;
}

/** Has `node` come to rest in one of these states? */
export function atRest(module: ModuleStatus, node: string, states: readonly string[]): boolean {
  const one = module.nodes.find((candidate) => candidate.node === node);
  return one !== undefined && states.includes(one.state) && !isMarked(one.reason, "under-way");
}

/**
 * `Ready`: every node of the module; STOP: likewise, unless a node is named; another state: some node has
 * reached it.
 */
export function reached(module: ModuleStatus, goal: string, node: string | undefined): boolean {
  const nodes = module.nodes.filter((one) => node === undefined || one.node === node);
  const resting = nodes.filter((one) => one.live && !isMarked(one.reason, "under-way"));
  if (goal === "Ready") {
    const isReady = nodes.every(({ stability }) => stability === "Ready");
    return nodes.length > 0 && resting.length === nodes.length && isReady;
  }
  if (goal === "protected") return module.protected;
  if (goal === "STOP")
    return resting.length > 0 && nodes.every(({ state, live }) => state === "STOP" || !live);
  return resting.some(({ state }) => state === goal);
}
