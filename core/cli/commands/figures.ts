// SPDX-License-Identifier: Apache-2.0
// What a module's mirror process counts: how fast its writes are and where their time goes, what
// reintegration did. Times come as powers of two of microseconds, so a percentile is given as "under".

import type { Command } from "commander";
import type { MirrorCounts } from "../../api/contract.js";
import { bytesText } from "../../describe/words/words.js";
import type { CliSession } from "../session.js";
import { table } from "../show.js";

export function figuresCommands(program: Command, session: CliSession): void {
  program
    .command("figures <module>")
    .description("writes and their times (here, there), what reintegration sent, since its mirror started")
    .option("--node <name>", "as this node counts them (default: the one that is asked)")
    .action(
      session.says(
        (module: string, { node }: { readonly node?: string }) =>
          session.ask("GET /modules/:module/figures", { module, node }),
        ({ module, node, mirror }) =>
          mirror === null ? `The mirror of ${module} does not run on ${node}.\n` : rows(node, mirror),
      ),
    );
}

function rows(node: string, mirror: MirrorCounts): string {
  const { whole, local, peer } = mirror.writeLatency;
  const times = (counts: readonly number[]): string =>
    `half ${percentile(counts, 0.5)}, 99 % ${percentile(counts, 0.99)}`;
  return table(
    [
      ["counted on", node],
      ["writes", `${mirror.writes} (${bytesText(mirror.bytesWritten)}), ${mirror.inFlight} in flight`],
      ["reads", `${mirror.reads} (${bytesText(mirror.bytesRead)})`],
      ["flushes", `${mirror.flushes}`],
      ["write time", times(whole)],
      ["  own disk", times(local)],
      ["  other node", times(peer)],
      ["longest pause", `${mirror.guestPauseMaxMs.toFixed(0)} ms`],
      ["not on the other node", bytesText(mirror.dirtyBytes)],
      [
        "reintegration",
        `${bytesText(mirror.resyncBytesSent)} sent, ${bytesText(mirror.resyncBytesHashed)} compared`,
      ],
      ["  found different", bytesText(mirror.resyncBytesDiffering)],
      ["    where the peer alone had marked", bytesText(mirror.resyncBytesHot)],
    ],
    "",
  );
}

/** counts[i] = writes in [2^i, 2^(i+1)) µs; answers with the upper bound of the bucket of that share. */
export function percentile(counts: readonly number[], share: number): string {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return "-";
  let seen = 0;
  const bucket = counts.findIndex((count) => (seen += count) >= share * total);
  const microseconds = 2 ** (bucket + 1);
  return microseconds < 1000 ? `under ${microseconds} µs` : `under ${(microseconds / 1000).toFixed(1)} ms`;
}
