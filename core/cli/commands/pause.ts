// SPDX-License-Identifier: Apache-2.0
// pause, resume, acknowledge: what a person tells the cluster while working on it.

import type { Command } from "commander";
import { verbWords } from "../../describe/words/words.js";
import type { CliSession } from "../session.js";

export function pauseCommands(program: Command, open: () => CliSession): void {
  program
    .command("pause")
    .description("pause automatic failover on both nodes: nobody takes over by itself until gemel resume")
    .option("--why <text>", "shown to everybody while it lasts", "")
    .action(async ({ why }: { readonly why: string }) => {
      const session = open();
      const said = await session.ask("PUT /pause", {}, { why });
      session.print(said, `${said.sentence} ${verbWords.pause.sentence}\n`);
    });
  program
    .command("resume")
    .description("let automatic failover work again; what a pause held goes on by itself")
    .action(async () => {
      const session = open();
      const said = await session.ask("DELETE /pause");
      session.print(said, `${said.sentence}\n`);
    });
  program
    .command("acknowledge <alarm>")
    .description("silence an alarm under your name until its cause is over; gemel status shows its id")
    .action(async (id: string) => {
      const session = open();
      const said = await session.ask("POST /alarms/:id/acknowledge", { id });
      session.print(said, `${said.sentence}\n`);
    });
}
