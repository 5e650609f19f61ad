// SPDX-License-Identifier: Apache-2.0
// What every command has at hand: the connection, whether output is for a program, and how to wait for a
// state. Waiting asks again and again until the limit; the limit is the caller's, the exit code then 3.

import type { Ask, ModuleStatus, Status } from "../api/contract.js";
import { isMarked } from "../base/reasons.js";
import type { Connection } from "./connection.js";
import { CommandEnd, exitCodes } from "./outcome.js";
import { cliAskAgainMs } from "../base/limits/access.js";

export class CliSession {
  readonly ask: Ask;

  constructor(
    readonly connection: Connection,
    readonly json: boolean,
  ) {
    this.ask = connection.ask;
  }

  print(value: unknown, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value)}\n` : text);
  }

  async until<T>(what: string, seconds: number, look: (status: Status) => T | undefined): Promise<T> {
    const end = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
    for (;;) {
      const status = await this.ask("GET /status");
      const found = look(status);
      if (found !== undefined) return found;
      if (process.hrtime.bigint() > end) throw notFinished(what, seconds, status);
      await new Promise((done) => setTimeout(done, cliAskAgainMs));
    }
  }
}

export function moduleIn(status: Status, id: string): ModuleStatus {
  const found = status.modules.find((module) => module.id === id);
  if (found !== undefined) return found;
  throw new CommandEnd(exitCodes.refused, {
    code: "GEMEL-1001",
    message: "There is no module of this name.",
    where: id,
    next: "See the modules with: gemel module list",
  });
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
  if (goal === "Ready")
    return (
      nodes.length > 0 &&
      resting.length === nodes.length &&
      nodes.every(({ stability }) => stability === "Ready")
    );
  if (goal === "protected") return module.protected;
  if (goal === "STOP")
    return (
      nodes.length > 0 && nodes.every(({ state, live }) => state === "STOP" || !live) && resting.length > 0
    );
  return resting.some(({ state }) => state === goal);
}

function notFinished(what: string, seconds: number, status: Status): CommandEnd {
  return new CommandEnd(exitCodes.notFinished, {
    code: "GEMEL-4010",
    message: `${what} was not reached within ${seconds} s. ${status.sentence}`,
    where: "",
    next: "See what holds it up with: gemel status",
  });
}
