// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run demo`: the story for a spectator, then the lab stays up for play until Ctrl-C.
 * `npm run demo -- --check [--nonce HEX] [--out DIR] [--repeat N]`: the same without a person; the last
 * line is the result as JSON, and the exit status is 0 only if every claim held and nothing was left
 * behind.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Lab } from "../lab/lab.js";
import { Twins } from "../e2e/twins.js";
import { nodeNames } from "../e2e/twins.js";
import { leftoversAfter } from "../runner/leftovers.js";
import { BrokenClaim, demand } from "./result.js";
import type { DemoResult } from "./result.js";
import { Screen } from "./screen.js";
import type { Picture } from "./screen.js";
import { Story } from "./story.js";
import type { Progress } from "./story.js";

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    nonce: { type: "string" },
    out: { type: "string" },
    repeat: { type: "string", default: "1" },
    dir: { type: "string" },
  },
});

const nonceDigits = 32;
const leftoverLimitMs = 10_000;

function refuse(text: string): never {
  console.error(text);
  process.exit(2);
}

function nonceOf(text: string | undefined): string {
  if (text === undefined) return randomBytes(nonceDigits / 2).toString("hex");
  if (!/^[0-9a-f]{1,32}$/.test(text))
    refuse(`--nonce ${text}: expected up to ${nonceDigits} hexadecimal digits`);
  return text.padStart(nonceDigits, "0");
}

async function look(twins: Twins): Promise<Picture> {
  const hosts = nodeNames.map((name) => ({ name, state: twins.host(name).state }));
  const up = nodeNames.find((name) => twins.host(name).state === "up");
  const status = up === undefined ? undefined : await twins.status(up).catch(() => undefined);
  const acknowledged = Object.fromEntries([...twins.guests].map(([id, guest]) => [id, guest.acknowledged()]));
  return { hosts, status, acknowledged };
}

interface Run {
  readonly result: DemoResult;
  /** Left up for play. */
  readonly twins: Twins | undefined;
}

async function runOnce(nonce: string, out: string | undefined, stays: boolean): Promise<Run> {
  const progress: Progress = { step: "bring up two hosts and a cluster" };
  let twins: Twins | undefined;
  let screen: Screen | undefined;
  try {
    console.log(`bringing up two virtual hosts (nonce ${nonce})`);
    // Only the demo that stays up for play takes the consoles' addresses: checks may run side by side.
    twins = await Twins.up({
      ...(values.dir !== undefined && { dir: resolve(values.dir) }),
      console: stays,
    });
    const up = twins;
    const shown = new Screen(() => look(up));
    screen = shown;
    shown.start();
    const story = new Story(up, { nonce, out, say: (text) => shown.say(text) }, progress);
    const result = await story.tell();
    shown.stop();
    if (stays) return { result, twins };
    progress.step = "clean up";
    await twins.down();
    const left = await leftoversAfter(leftoverLimitMs, "none", twins.lab.dir);
    demand(left.length === 0, `nothing is left behind: ${left.join(", ")}`);
    return { result, twins: undefined };
  } catch (failure) {
    screen?.stop();
    const reason = failure instanceof Error ? failure.message : String(failure);
    if (twins !== undefined) {
      console.error(await twins.diagnosis().catch((error: unknown) => String(error)));
      await twins.down();
    }
    const lost = failure instanceof BrokenClaim ? failure.lost : undefined;
    return {
      result: { demo: "failed", nonce, step: progress.step, reason, ...(lost !== undefined && { lost }) },
      twins: undefined,
    };
  }
}

/** Where the consoles are, who may come in, and how a browser comes to trust them. */
function consoleText(twins: Twins): string {
  const { user, password } = twins.administrator;
  const urls = nodeNames.map((node) => twins.host(node).consoleUrl ?? "none");
  const tunnels = urls.map((url) => `-L ${new URL(url).host}:${new URL(url).host}`);
  return `
The console, for a browser on this machine:
  ${urls.join("   or   ")}
  user ${user}, password ${password} (made for this run)
Each host serves it for both; when one dies, the page moves to the other one.
The browser warns, since it does not know this cluster's authority: trust it for good by importing
${authorityFile(twins)}, or accept the warning, once for each address.
From another machine: ssh ${tunnels.join(" ")} THIS-MACHINE, then the same addresses there.
`;
}

const authorityFile = (twins: Twins): string => join(twins.lab.dir, "cluster-ca.pem");

const toTry = `
The lab stays up. Things to try in another terminal:
  npm run lab -- shell alpha              a shell there: gemel status --watch, gemel explain cam1, virsh list
  npm run lab -- kill beta                pull beta's plug; npm run lab -- boot beta brings it back
  npm run lab -- cut data                 cut the data network; npm run lab -- heal data
  npm run lab -- status
Ctrl-C here removes everything.
`;

let isPlaying = false;

async function play(twins: Twins): Promise<void> {
  isPlaying = true;
  for (const module of twins.guests.keys()) await twins.gemel("alpha", "start", module);
  writeFileSync(authorityFile(twins), await twins.gemel("alpha", "cluster", "ca"));
  console.log(toTry + consoleText(twins));
  await new Promise<void>((end) => {
    process.once("SIGINT", () => end()).once("SIGTERM", () => end());
    setInterval(() => undefined, 1 << 30);
  });
  console.log("removing the lab");
  await twins.down();
  process.exit(0);
}

async function main(): Promise<void> {
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1)
    refuse(`--repeat ${values.repeat}: expected a whole number from 1`);
  for (let turn = 1; turn <= repeat; turn++) {
    const out =
      values.out === undefined
        ? undefined
        : resolve(repeat === 1 ? values.out : join(values.out, String(turn)));
    const { result, twins } = await runOnce(nonceOf(values.nonce), out, !values.check);
    console.log(JSON.stringify(result));
    if (result.demo !== "ok") process.exitCode = 1;
    if (twins !== undefined) await play(twins);
  }
}

// A signal in the middle of the story: the lab is removed by its own state, whatever had been reached.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    if (isPlaying) return;
    console.log("removing the lab");
    void Promise.resolve(Lab.find(values.dir)?.down()).then(() => process.exit(130));
  });
}
await main();
