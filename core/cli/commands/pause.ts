// SPDX-License-Identifier: Apache-2.0
// pause, resume, acknowledge: what a person tells the cluster while working on it.

import type { Command } from "commander";
import { verbWords } from "../../describe/words/words.js";
import { sentenceOf, type CliSession } from "../session.js";

export function pauseCommands(program: Command, session: CliSession): void {
  program
    .command("pause")
    .description("pause automatic failover on both nodes: nobody takes over by itself until gemel resume")
    .option("--why <text>", "shown to everybody while it lasts", "")
    .action(
      session.says(
        ({ why }: { readonly why: string }) => session.ask("PUT /pause", {}, { why }),
        ({ sentence }) => `${sentence} ${verbWords.pause.sentence}\n`,
      ),
    );
  program
    .command("resume")
    .description("let automatic failover work again; what a pause held goes on by itself")
    .action(session.says(() => session.ask("DELETE /pause"), sentenceOf));
  program
    .command("acknowledge <alarm>")
    .description("silence an alarm under your name until its cause is over; gemel status shows its id")
    .action(session.says((id: string) => session.ask("POST /alarms/:id/acknowledge", { id }), sentenceOf));
}
