// SPDX-License-Identifier: Apache-2.0
/**
 * What the spectator sees: the story line by line, and below it (on a terminal) a live picture of hosts,
 * modules, acknowledged records and reintegration. Not on a terminal only the story is printed.
 */
import type { ModuleStatus, Status } from "../../core/api/contract.js";

export interface Picture {
  readonly hosts: readonly { readonly name: string; readonly state: string }[];
  readonly status: Status | undefined;
  readonly acknowledged: Readonly<Record<string, number>>;
}

const refreshMs = 500;
const barWidth = 30;
const colours = { green: 32, amber: 33, red: 31 } as const;

export class Screen {
  readonly #begin = performance.now();
  readonly #live: boolean;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #busy = false;

  constructor(private readonly look: () => Promise<Picture>) {
    this.#live = process.stdout.isTTY;
  }

  start(): void {
    if (!this.#live) return;
    this.#timer = setInterval(() => void this.#refresh(), refreshMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  /** One line of the story. */
  say(text: string): void {
    this.#erase();
    const seconds = ((performance.now() - this.#begin) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${seconds} s  ${text}\n`);
  }

  async #refresh(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const picture = await this.look();
      this.#erase();
      const lines = draw(picture, process.stdout.columns);
      process.stdout.write(lines.join("\n") + "\n");
      this.#drawn = lines.length;
    } finally {
      this.#busy = false;
    }
  }

  #erase(): void {
    if (this.#drawn > 0) process.stdout.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

function draw(picture: Picture, width: number): string[] {
  const hosts = picture.hosts.map(({ name, state }) => `${name}: ${state}`).join("     ");
  const modules =
    picture.status?.modules.flatMap((module) => drawModule(module, picture.acknowledged[module.id] ?? 0)) ??
    [];
  return ["", hosts, ...modules].map((line) => line.slice(0, Math.max(40, width + 20)));
}

function drawModule(module: ModuleStatus, acknowledged: number): string[] {
  const roles = module.nodes.map(({ node, state, stability }) => `${node} ${state} ${stability}`).join(" · ");
  const sentence = `\u001b[${colours[module.colour]}m${module.sentence}\u001b[0m`;
  const lines = [`${module.id}  ${sentence}  [${roles}]  ${acknowledged} acknowledged`];
  const work = module.reintegration;
  if (work !== null && work.bytesTotal > 0) {
    const share = Math.min(1, work.bytesDone / work.bytesTotal);
    const full = Math.round(share * barWidth);
    const eta = work.etaSeconds === undefined ? "" : `, about ${Math.ceil(work.etaSeconds)} s`;
    lines.push(
      `      [${"█".repeat(full)}${"░".repeat(barWidth - full)}] ${Math.round(share * 100)} %${eta}`,
    );
  }
  return lines;
}
