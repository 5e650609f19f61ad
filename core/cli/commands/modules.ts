// SPDX-License-Identifier: Apache-2.0
// What a person asks of a module: start, stop, swap and the rest, verify, settings. Each waits until it is
// done, or returns at once with --no-wait.

import { Option, type Command } from "commander";
import type { CommandRequest, ModuleChange, ModuleView } from "../../api/contract.js";
import { moduleVerbs, type ModuleVerb } from "../../base/vocabulary.js";
import { bytesText } from "../../describe/words/words.js";
import { given, numberOf, readNamed, timeoutOption } from "../options.js";
import { usage } from "../outcome.js";
import { atRest, moduleIn, sentenceOf, type CliSession } from "../session.js";
import { table } from "../show.js";
import { demandRuns, demandStillWanted, startDecided, watchReturn } from "../swap.js";
import { checkCommand } from "./check.js";
import { dryRun, keepMissing } from "./preview.js";

type VerbOptions = Omit<CommandRequest, "verb"> & {
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
};

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

export function moduleCommands(program: Command, session: CliSession): void {
  for (const verb of moduleVerbs) {
    const command = program
      .command(`${verb} <module>`)
      .description(descriptions[verb])
      .option("--node <name>", "only on this node")
      .option("--force", "the forced variant; says first what it may cost")
      .option("--dry-run", "only say what it would do now")
      .option("--no-wait", "do not wait until it is done")
      .addOption(timeoutOption(300));
    if (verb === "resolve") command.option("--keep <node>", "whose copy goes on");
    command.action((id: string, options: VerbOptions) => carryOut(session, verb, id, options));
  }
  program
    .command("shutdown")
    .description("stop all modules of this host with goodbye, as before switching it off")
    .option("--cancel", "the host stays on: what the shutdown has stopped starts again")
    .addOption(timeoutOption(600))
    .action(({ cancel, timeout }: { readonly cancel?: boolean; readonly timeout: number }) =>
      cancel === true ? stay(session) : shutDown(session, timeout),
    );
  program
    .command("verify <module>")
    .description("compare both copies, bit by bit, while the guest runs")
    .option("--repair", "make what differs equal to the primary's copy")
    .addOption(timeoutOption(86_400))
    .action((id: string, options: { readonly repair?: boolean; readonly timeout: number }) =>
      verify(session, id, options.repair === true, options.timeout),
    );
  settingsCommands(program.command("module").description("modules and their settings"), session);
}

async function carryOut(
  session: CliSession,
  verb: ModuleVerb,
  id: string,
  options: VerbOptions,
): Promise<void> {
  const asked = { verb, ...given(options, "node", "keep") };
  if (options.dryRun === true) {
    await dryRun(session, id, asked);
    return;
  }
  if (verb === "resolve" && asked.keep === undefined) throw keepMissing();
  const from = verb === "swap" ? moduleIn(await session.ask("GET /status"), id).active : null;
  const request = { ...asked, ...given(options, "force") };
  const reply = await session.ask("POST /modules/:module/commands", { module: id }, request);
  session.say(`${id}: ${reply.sentence}\n`);
  if (!options.wait) {
    session.print(reply, "");
    return;
  }
  const lookForReturn = watchReturn(from);
  const startsBoth = verb === "start" && asked.node === undefined;
  const found = await session.until(`${verb} ${id}`, options.timeout, (status) => {
    const module = moduleIn(status, id);
    lookForReturn(module);
    if (verb === "prim") demandStillWanted(module, reply.node);
    const isOver = atRest(module, reply.node, reply.until) && (!startsBoth || startDecided(module));
    return isOver ? module : undefined;
  });
  if (startsBoth) demandRuns(found);
  session.print({ ...reply, module: found }, `${id}: ${found.sentence}\n`);
}

async function shutDown(session: CliSession, seconds: number): Promise<void> {
  const reply = await session.ask("POST /shutdown");
  session.say(`${reply.sentence}\n`);
  await session.until("all modules stopped", seconds, (status) => {
    const own = status.modules.flatMap(({ nodes }) => nodes.filter(({ node }) => node === status.answeredBy));
    return own.every(({ state }) => state === "STOP") || undefined;
  });
  session.print(reply, "All modules of this host are stopped.\n");
}

async function stay(session: CliSession): Promise<void> {
  const reply = await session.ask("DELETE /shutdown");
  session.print(reply, sentenceOf(reply));
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

type SetOptions = Pick<ModuleChange, "acknowledge" | "resyncCap" | "stop" | "pin" | "apart"> & {
  readonly file?: string;
  readonly failover?: string;
  readonly boot?: string;
  readonly defaultprim?: string;
  readonly maxloop?: number;
  readonly poweroff?: "stop" | "restart";
};

function settingsCommands(group: Command, session: CliSession): void {
  checkCommand(group, session);
  group
    .command("list")
    .description("all modules")
    .action(session.says(() => session.ask("GET /modules"), showModules));
  group
    .command("show <module>")
    .description("the module's userconfig.xml")
    .action(session.says((module: string) => session.ask("GET /modules/:module", { module }), showConfig));
  const oneOf = (flags: string, text: string, ...words: readonly string[]): Option =>
    new Option(flags, text).choices(words);
  group
    .command("set <module>")
    .description("change settings, on both nodes, while it runs")
    .option("--file <userconfig.xml>", "replace the whole configuration")
    .addOption(
      oneOf("--failover <on|off>", "off: a secondary whose primary is lost waits for a person", "on", "off"),
    )
    .addOption(oneOf("--boot <on|off>", "start when the host boots", "on", "off"))
    .option("--defaultprim <alone|lastprim|node>", "who is primary when both could be")
    .addOption(oneOf("--acknowledge <mode>", "when a write counts", "written", "received"))
    .option("--maxloop <n>", "automatic restarts before the module stops", numberOf)
    .option("--resync-cap <bytes/s>", "limit of reintegration, 0 = none", numberOf)
    .addOption(oneOf("--stop <how>", "how the VM is stopped", "shutdown", "save", "off"))
    .addOption(oneOf("--poweroff <what>", "when it is switched off from inside", "stop", "restart"))
    .option("--pin <node|none>", "the node that gemel balance leaves it on", wishOf)
    .option("--apart <group|none>", "no two VMs of a group are put on one host by gemel balance", wishOf)
    .action(session.says((id: string, options: SetOptions) => change(session, id, options), showConfig));
}

function change(session: CliSession, module: string, options: SetOptions): Promise<ModuleView> {
  const { file } = options;
  if (file !== undefined)
    return session.ask("PUT /modules/:module/userconfig", { module }, { xml: readNamed(file) });
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0) throw usage("nothing to change was given");
  return session.ask("PATCH /modules/:module", { module }, changes);
}

function changesOf(options: SetOptions): ModuleChange {
  const { failover, boot, defaultprim: defaultPrim, maxloop: maxLoop, poweroff: powerOff } = options;
  return {
    ...given(options, "acknowledge", "resyncCap", "stop", "pin", "apart"),
    ...(failover !== undefined && { failover: failover === "on" }),
    ...(boot !== undefined && { boot: boot === "on" }),
    ...(defaultPrim !== undefined && { defaultPrim }),
    ...(maxLoop !== undefined && { maxLoop }),
    ...(powerOff !== undefined && { powerOff }),
  };
}

/** A wish is taken back by a word that one can type. */
const wishOf = (text: string): string => (text === "none" ? "" : text);

function showModules(modules: readonly ModuleView[]): string {
  const rows = modules.map(({ id, settings: { vm, nodes } }) => [id, vm.name, nodes.join(" "), vm.folder]);
  return rows.length === 0 ? "no modules\n" : table(rows, "");
}

const showConfig = ({ xml, warnings }: ModuleView): string =>
  xml + warnings.map((text) => `! ${text}\n`).join("");
