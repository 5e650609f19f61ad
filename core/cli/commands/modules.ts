// SPDX-License-Identifier: Apache-2.0
// What a person asks of a module: start, stop, swap and the rest, verify, settings. Each waits until it is
// done, or returns at once with --no-wait.

import { Option, type Command } from "commander";
import { readFileSync } from "node:fs";
import type { CommandRequest, ModuleChange } from "../../api/contract.js";
import { moduleVerbs, type ModuleVerb } from "../../base/vocabulary.js";
import { bytesText } from "../../describe/words/words.js";
import { commandRefused, usage } from "../outcome.js";
import { atRest, moduleIn, type CliSession } from "../session.js";
import { table } from "../show.js";
import { watchReturn } from "../swap.js";
import { dryRun, keepMissing } from "./preview.js";
import { secondsOf } from "./status.js";

interface VerbOptions {
  readonly node?: string;
  readonly force?: boolean;
  readonly keep?: string;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
}

const descriptions: Readonly<Record<ModuleVerb, string>> = {
  start: "start on both nodes; the VM starts where the data is proven current",
  stop: "stop on both nodes: the VM ends, both copies are flushed, neither takes over",
  restart: "restart the VM on the node where it runs",
  stopstart: "stop on this node with goodbye (the other takes over), then start again",
  swap: "exchange the roles: the VM moves to the other node",
  prim: "start as primary on this node; --force also when the copy is not proven current",
  second: "start as secondary on this node",
  resolve: "end a conflict: the copy of --keep goes on, the other one is kept aside",
};

export function moduleCommands(program: Command, open: () => CliSession): void {
  for (const verb of moduleVerbs) {
    const command = program
      .command(`${verb} <module>`)
      .description(descriptions[verb])
      .option("--node <name>", "only on this node")
      .option("--force", "the forced variant; says first what it may cost")
      .option("--dry-run", "only say what it would do now")
      .option("--no-wait", "do not wait until it is done")
      .option("--timeout <seconds>", "stop waiting after this time (exit 3)", "300");
    if (verb === "resolve") command.option("--keep <node>", "whose copy goes on");
    command.action((id: string, options: VerbOptions) => carryOut(open(), verb, id, options));
  }
  program
    .command("shutdown")
    .description("stop all modules of this host with goodbye, as before switching it off")
    .option("--timeout <seconds>", "stop waiting after this time (exit 3)", "600")
    .action((options: { readonly timeout: string }) => shutDown(open(), secondsOf(options.timeout)));
  program
    .command("verify <module>")
    .description("compare both copies, bit by bit, while the guest runs")
    .option("--repair", "make what differs equal to the primary's copy")
    .option("--timeout <seconds>", "stop waiting after this time (exit 3)", "86400")
    .action((id: string, options: { readonly repair?: boolean; readonly timeout: string }) =>
      verify(open(), id, options.repair === true, secondsOf(options.timeout)),
    );
  settingsCommands(program.command("module").description("modules and their settings"), open);
}

async function carryOut(
  session: CliSession,
  verb: ModuleVerb,
  id: string,
  options: VerbOptions,
): Promise<void> {
  const { node, keep } = options;
  const asked = { verb, ...(node !== undefined && { node }), ...(keep !== undefined && { keep }) };
  if (options.dryRun === true) {
    await dryRun(session, id, asked);
    return;
  }
  if (verb === "resolve" && keep === undefined) throw keepMissing();
  const from = verb === "swap" ? moduleIn(await session.ask("GET /status"), id).active : null;
  const request: CommandRequest = { ...asked, ...(options.force === true && { force: true }) };
  const reply = await session.ask("POST /modules/:module/commands", { module: id }, request);
  if (!session.json) process.stdout.write(`${id}: ${reply.sentence}\n`);
  if (!options.wait) {
    if (session.json) session.print(reply, "");
    return;
  }
  const lookForReturn = watchReturn(from);
  const found = await session.until(`${verb} ${id}`, secondsOf(options.timeout), (status) => {
    const module = moduleIn(status, id);
    lookForReturn(module);
    return atRest(module, reply.node, reply.until) ? module : undefined;
  });
  session.print({ ...reply, module: found }, `${id}: ${found.sentence}\n`);
}

async function shutDown(session: CliSession, seconds: number): Promise<void> {
  const reply = await session.ask("POST /shutdown");
  if (!session.json) process.stdout.write(`${reply.sentence}\n`);
  await session.until("all modules stopped", seconds, (status) => {
    const own = status.modules.flatMap(({ nodes }) => nodes.filter(({ node }) => node === status.answeredBy));
    return own.every(({ state }) => state === "STOP") ? true : undefined;
  });
  session.print(reply, "All modules of this host are stopped.\n");
}

async function verify(session: CliSession, id: string, repair: boolean, seconds: number): Promise<void> {
  const before = moduleIn(await session.ask("GET /status"), id).lastVerify?.at;
  await session.ask("POST /modules/:module/verify", { module: id }, { repair });
  const result = await session.until(`verify ${id}`, seconds, (status) => {
    const { lastVerify } = moduleIn(status, id);
    return lastVerify !== undefined && lastVerify.at !== before ? lastVerify : undefined;
  });
  const { differingBytes, repairedBytes } = result;
  const text =
    differingBytes === 0
      ? "both copies are equal"
      : `${bytesText(differingBytes)} differ, ${bytesText(repairedBytes)} repaired`;
  session.print(result, `${id}: ${text}\n`);
}

interface SetOptions {
  readonly file?: string;
  readonly failover?: string;
  readonly boot?: string;
  readonly defaultprim?: string;
  readonly acknowledge?: "written" | "received";
  readonly maxloop?: string;
  readonly resyncCap?: string;
  readonly stop?: "shutdown" | "save" | "off";
  readonly pin?: string;
  readonly apart?: string;
}

function settingsCommands(group: Command, open: () => CliSession): void {
  group
    .command("list")
    .description("all modules")
    .action(async () => {
      const session = open();
      const modules = await session.ask("GET /modules");
      const rows = modules.map(({ id, settings: { vm, nodes } }) => [
        id,
        vm.name,
        nodes.join(" "),
        vm.folder,
      ]);
      session.print(modules, modules.length === 0 ? "no modules\n" : table(rows, ""));
    });
  group
    .command("show <module>")
    .description("the module's userconfig.xml")
    .action(async (id: string) => {
      const session = open();
      const module = await session.ask("GET /modules/:module", { module: id });
      session.print(module, module.xml + module.warnings.map((text) => `! ${text}\n`).join(""));
    });
  const onOff = (flags: string, text: string): Option => new Option(flags, text).choices(["on", "off"]);
  group
    .command("set <module>")
    .description("change settings, on both nodes, while it runs")
    .option("--file <userconfig.xml>", "replace the whole configuration")
    .addOption(onOff("--failover <on|off>", "off: a secondary whose primary is lost waits for a person"))
    .addOption(onOff("--boot <on|off>", "start when the host boots"))
    .option("--defaultprim <alone|lastprim|node>", "who is primary when both could be")
    .addOption(new Option("--acknowledge <mode>", "when a write counts").choices(["written", "received"]))
    .option("--maxloop <n>", "automatic restarts before the module stops")
    .option("--resync-cap <bytes/s>", "limit of reintegration, 0 = none")
    .addOption(new Option("--stop <how>", "how the VM is stopped").choices(["shutdown", "save", "off"]))
    .option("--pin <node|none>", "the node that gemel balance leaves it on")
    .option("--apart <group|none>", "no two VMs of a group are put on one host by gemel balance")
    .action((id: string, options: SetOptions) => change(open(), id, options));
}

async function change(session: CliSession, id: string, options: SetOptions): Promise<void> {
  const changes = changesOf(options);
  if (options.file === undefined && Object.keys(changes).length === 0)
    throw usage("nothing to change was given");
  const after =
    options.file === undefined
      ? await session.ask("PATCH /modules/:module", { module: id }, changes)
      : await session.ask(
          "PUT /modules/:module/userconfig",
          { module: id },
          { xml: readConfig(options.file) },
        );
  session.print(after, after.xml + after.warnings.map((text) => `! ${text}\n`).join(""));
}

function changesOf(options: SetOptions): ModuleChange {
  return {
    ...(options.failover !== undefined && { failover: options.failover === "on" }),
    ...(options.boot !== undefined && { boot: options.boot === "on" }),
    ...(options.defaultprim !== undefined && { defaultPrim: options.defaultprim }),
    ...(options.acknowledge !== undefined && { acknowledge: options.acknowledge }),
    ...(options.maxloop !== undefined && { maxLoop: numberOf(options.maxloop) }),
    ...(options.resyncCap !== undefined && { resyncCap: numberOf(options.resyncCap) }),
    ...(options.stop !== undefined && { stop: options.stop }),
    ...(options.pin !== undefined && { pin: wishOf(options.pin) }),
    ...(options.apart !== undefined && { apart: wishOf(options.apart) }),
  };
}

/** A wish is taken back by a word that one can type. */
const wishOf = (text: string): string => (text === "none" ? "" : text);

function numberOf(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw usage(`"${text}" is not a whole number`);
  return Number(text);
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw commandRefused({
      code: "GEMEL-4006",
      message: (error as Error).message,
      where: file,
      next: "Name a file that can be read.",
    });
  }
}
