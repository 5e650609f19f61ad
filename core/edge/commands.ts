// SPDX-License-Identifier: Apache-2.0
// A person's command on its way to the middle of this node, and the answer back.

import { GemelError } from "../base/errors.js";
import { commandAnswerLimitMs } from "../base/limits/edge.js";
import type { Command, CommandAnswer } from "../decide/mirror/command.js";
import type { Report } from "../loop/node-loop.js";

export class Commands {
  private readonly waiting = new Map<string, (answer: CommandAnswer) => void>();
  private counter = 0;

  constructor(private readonly post: (report: Report) => void) {}

  async ask(command: Command, by: string): Promise<CommandAnswer> {
    const id = `command-${++this.counter}`;
    return await new Promise<CommandAnswer>((done, failed) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        failed(new GemelError("GEMEL-9003", "", "The daemon did not come to answer the command."));
      }, commandAnswerLimitMs);
      this.waiting.set(id, (answer) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        done(answer);
      });
      this.post({ kind: "command", id, by, command });
    });
  }

  answered(id: string, answer: CommandAnswer): void {
    this.waiting.get(id)?.(answer);
  }
}
