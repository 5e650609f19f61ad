// SPDX-License-Identifier: Apache-2.0
/** `npm run lab -- …`: the lab by hand. Every command works on a lab that any process brought up. */
import { parseArgs } from "node:util";
import { Lab } from "./lab.js";
import type { LabStatus } from "./lab.js";
import type { LabHost } from "./host.js";
import { fileSystems } from "./machine/volume.js";
import { hostNames, networkNames } from "./network.js";
import type { HostName, NetworkName } from "./network.js";

const usage = `Usage: npm run lab -- COMMAND [--dir FOLDER]

  up [--fs ext4|xfs|btrfs] [--size MIB] [--keep] [--console]
                                 bring up hosts alpha, beta, gamma (--keep: with their old disks;
                                 --console: a browser on this machine reaches their consoles)
  down [--keep]                  end everything; nothing stays but the logs (and with --keep the disks)
  status [--json]
  shell HOST [COMMAND…]          a shell in the host
  kill HOST                      power off: links down, then everything at once
  crash HOST                     kill its Gemel and QEMU processes; the links stay
  boot HOST [--no-volume]        power on (--no-volume: the data disk stays unmounted)
  freeze HOST [--links-up]       stop every process and drop the host's packets
  thaw HOST
  shutdown HOST                  orderly: modules stop with goodbye, then off
  cut NET [--one-way A>B]        cut a network, or only what A sends to B
  heal NET
  slow NET MS                    delay each frame by MS each way; 0 ends it

Hosts: ${hostNames.join(", ")}. Networks: ${networkNames.join(", ")}.
The folder is --dir, GEMEL_LAB_DIR or .lab/default.
`;

/** Wrong words on the command line: answered with the usage and status 2. */
class UsageError extends Error {}

type Flags = {
  readonly dir?: string;
  readonly fs?: string;
  readonly size?: string;
  readonly keep?: boolean;
  readonly console?: boolean;
  readonly json?: boolean;
  readonly "no-volume"?: boolean;
  readonly "links-up"?: boolean;
  readonly "one-way"?: string;
};

type Command = (words: readonly string[], flags: Flags) => Promise<void>;

function oneOf<Word extends string>(what: string, words: readonly Word[], asked: string | undefined): Word {
  const found = words.find((word) => word === asked);
  if (found === undefined)
    throw new UsageError(`${what} is one of ${words.join(", ")}, not ${asked ?? "nothing"}`);
  return found;
}

function hostOf(words: readonly string[], flags: Flags): LabHost {
  return Lab.open(flags.dir).host(oneOf("a host", hostNames, words[0]));
}

function networkOf(words: readonly string[]): NetworkName {
  return oneOf("a network", networkNames, words[0]);
}

function oneWayOf(text: string): [HostName, HostName] {
  const [from, to] = text.split(">");
  return [oneOf("a host", hostNames, from), oneOf("a host", hostNames, to)];
}

function numberOf(what: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === "" || !Number.isFinite(value)) {
    throw new UsageError(`${what} is a number, not ${text ?? "nothing"}`);
  }
  return value;
}

function describe(status: LabStatus): string {
  const networks = networkNames.map((name) => {
    const { cut, oneWay, slowMs } = status.networks[name];
    const faults = [
      ...(cut ? ["cut"] : []),
      ...oneWay.map(({ from, to }) => `${to} does not hear ${from}`),
      ...(slowMs > 0 ? [`${slowMs} ms slow each way`] : []),
    ];
    return `  ${name.padEnd(6)} ${faults.length === 0 ? "whole" : faults.join(", ")}`;
  });
  const hosts = status.hosts.map((host) => {
    const runs = [...(host.daemon ? ["gemel"] : []), ...host.guests.map((name) => `guest ${name}`)];
    const addresses = `${host.addresses.data}  ${host.addresses.heart}`;
    const shown = host.console === null ? "" : `  ${host.console}`;
    return `  ${host.name.padEnd(6)} ${host.state.padEnd(7)} ${addresses}${shown}  ${runs.join(", ")}`;
  });
  const head = `The lab in ${status.dir} is ${status.up ? "up" : "down"}.`;
  return [head, "Hosts", ...hosts, "Networks", ...networks, ""].join("\n");
}

async function shell(words: readonly string[], flags: Flags): Promise<void> {
  const host = hostOf(words, flags);
  const argv = words.length > 1 ? words.slice(1) : ["env", `PS1=${host.name}:\\w# `, "bash", "--norc", "-i"];
  const { child } = host.spawn(argv, "inherit");
  process.exitCode = await new Promise<number>((resolve) =>
    child.once("close", (code) => resolve(code ?? 1)),
  );
}

const commands: Record<string, Command> = {
  up: async (_words, flags) => {
    const lab = await Lab.up({
      ...(flags.dir === undefined ? {} : { dir: flags.dir }),
      ...(flags.size === undefined ? {} : { sizeMiB: numberOf("--size", flags.size) }),
      fs: oneOf("--fs", fileSystems, flags.fs ?? "ext4"),
      keep: flags.keep === true,
      console: flags.console === true,
      stays: true,
    });
    process.stdout.write(describe(lab.status()));
  },
  down: async (_words, flags) => {
    const lab = Lab.find(flags.dir);
    await lab?.down({ keep: flags.keep === true });
    process.stdout.write(lab === undefined ? "There is no lab.\n" : `The lab in ${lab.dir} is down.\n`);
  },
  status: async (_words, flags) => {
    const status = Lab.open(flags.dir).status();
    process.stdout.write(flags.json === true ? `${JSON.stringify(status)}\n` : describe(status));
    await Promise.resolve();
  },
  shell,
  kill: async (words, flags) => await hostOf(words, flags).kill(),
  crash: async (words, flags) => await hostOf(words, flags).crash(),
  boot: async (words, flags) => await hostOf(words, flags).boot({ volume: flags["no-volume"] !== true }),
  freeze: async (words, flags) => await hostOf(words, flags).freeze({ linksUp: flags["links-up"] === true }),
  thaw: async (words, flags) => await hostOf(words, flags).thaw(),
  shutdown: async (words, flags) => await hostOf(words, flags).shutdown(),
  cut: async (words, flags) => {
    const oneWay = flags["one-way"];
    await Lab.open(flags.dir).cut(networkOf(words), oneWay === undefined ? {} : { oneWay: oneWayOf(oneWay) });
  },
  heal: async (words, flags) => await Lab.open(flags.dir).heal(networkOf(words)),
  slow: async (words, flags) =>
    await Lab.open(flags.dir).slow(networkOf(words), numberOf("the delay in ms", words[1])),
};

/** Words after `shell HOST` belong to the command that runs there, dashes and all. */
function parse(argv: readonly string[]): { words: string[]; flags: Flags } {
  const shellAt = argv.indexOf("shell");
  const ours = shellAt < 0 ? argv : argv.slice(0, shellAt + 2);
  const { values, positionals } = parseArgs({
    args: [...ours],
    allowPositionals: true,
    options: {
      dir: { type: "string" },
      fs: { type: "string" },
      size: { type: "string" },
      keep: { type: "boolean" },
      console: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
      "no-volume": { type: "boolean" },
      "links-up": { type: "boolean" },
      "one-way": { type: "string" },
    },
  });
  if (values.help === true) throw new UsageError("");
  return { words: [...positionals, ...argv.slice(ours.length)], flags: values };
}

async function main(): Promise<void> {
  try {
    const { words, flags } = parse(process.argv.slice(2));
    const command = commands[words[0] ?? ""];
    if (command === undefined)
      throw new UsageError(words[0] === undefined ? "" : `unknown command ${words[0]}`);
    await command(words.slice(1), flags);
  } catch (error) {
    // parseArgs refuses with a TypeError that has a code.
    const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}${message === "" ? "" : "\n"}${isUsage ? usage : ""}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

await main();
