// SPDX-License-Identifier: Apache-2.0
// protect, unprotect: shows findings in plain words first, then follows the procedure to its end.

import type { Command } from "commander";
import type { FindingView, ProcedureStatus, ProtectReply, ProtectRequest } from "../../api/contract.js";
import { bytesText } from "../../describe/words/words.js";
import { CommandEnd, exitCodes, commandRefused, usage } from "../outcome.js";
import type { CliSession } from "../session.js";
import { paint, showProcedure, table } from "../show.js";
import { secondsOf } from "./status.js";
import { protectAskAgainMs } from "../../base/limits/access.js";

interface ProtectOptions {
  readonly list?: boolean;
  readonly node?: string;
  readonly module?: string;
  readonly folder?: string;
  readonly stop?: boolean;
  readonly dryRun?: boolean;
  readonly eject?: boolean;
  readonly exclude: Exclusions;
  readonly timeout: string;
}

type Exclusions = NonNullable<ProtectRequest["exclude"]>;

function exclusion(text: string, before: Exclusions): Exclusions {
  const match = /^([A-Za-z0-9]+)=(detach|empty)$/.exec(text);
  if (match === null) throw usage(`--exclude ${text}: expected DISK=detach or DISK=empty, such as vdb=empty`);
  return [...before, { target: match[1] ?? "", how: match[2] === "empty" ? "empty" : "detach" }];
}

export function protectCommands(program: Command, open: () => CliSession): void {
  program
    .command("protect [vm]")
    .description("replicate a VM to the other node and keep it running when this host dies")
    .option("--list", "the VMs of the hosts (as gemel vms)")
    .option("--node <name>", "the node on which the VM lives (default: the one that is asked)")
    .option("--module <id>", "the module's name (default: made from the VM's)")
    .option("--folder <path>", "where its files shall live")
    .option("--stop", "shut the guest down first")
    .option("--eject", "eject ISO images instead of copying them")
    .option("--exclude <disk=how>", "leave a disk out: detach or empty (repeat)", exclusion, [])
    .option("--dry-run", "only say what would happen")
    .option("--timeout <seconds>", "stop waiting after this time (exit 3)", "3600")
    .action(async (vm: string | undefined, options: ProtectOptions) => {
      const session = open();
      if (options.list === true) await listVms(session, options.node);
      else if (vm === undefined) throw usage("which VM? See them with: gemel vms");
      else await protect(session, vm, options);
    });
  program
    .command("vms")
    .description("the VMs of both hosts, or of one; a silent host's are left out")
    .option("--node <name>", "only this node's")
    .action((options: { readonly node?: string }) => listVms(open(), options.node));
  program
    .command("unprotect <module>")
    .description("put the VM back as it was, on the node where it runs; also with the other node gone")
    .option("--stop", "shut the guest down first")
    .option("--timeout <seconds>", "stop waiting after this time (exit 3)", "3600")
    .action(async (id: string, options: { readonly stop?: boolean; readonly timeout: string }) => {
      const session = open();
      const body = options.stop === true ? { stop: true } : {};
      const reply = await session.ask("POST /modules/:module/unprotect", { module: id }, body);
      await finish(session, reply, secondsOf(options.timeout));
    });
}

async function listVms(session: CliSession, node: string | undefined): Promise<void> {
  const vms = await session.ask("GET /vms", { node });
  const rows = vms.map((vm) => [
    vm.node,
    vm.name,
    vm.power,
    bytesText(vm.memory),
    `${vm.vcpus} CPU`,
    vm.module === undefined ? "not protected" : `module ${vm.module}`,
  ]);
  session.print(vms, vms.length === 0 ? `no VMs on ${node ?? "these hosts"}\n` : table(rows, ""));
}

async function protect(session: CliSession, vm: string, options: ProtectOptions): Promise<void> {
  const request: ProtectRequest = {
    vm,
    ...(options.node !== undefined && { node: options.node }),
    ...(options.module !== undefined && { module: options.module }),
    ...(options.folder !== undefined && { folder: options.folder }),
    ...(options.stop === true && { stop: true }),
    ...(options.eject === true && { eject: true }),
    ...(options.dryRun === true && { dryRun: true }),
    ...(options.exclude.length > 0 && { exclude: options.exclude }),
  };
  await finish(session, await session.ask("POST /protect", {}, request), secondsOf(options.timeout));
}

async function finish(session: CliSession, reply: ProtectReply, seconds: number): Promise<void> {
  if (!session.json)
    process.stdout.write(findingLines(reply.findings) + reply.notes.map((text) => `${text}\n`).join(""));
  if (reply.findings.some(({ severity }) => severity === "blocks") && reply.procedure === undefined) {
    if (session.json) session.print(reply, "");
    throw commandRefused({
      code: "GEMEL-5001",
      message: "The preflight found something that forbids it; nothing was changed.",
      where: reply.module,
      next: "Correct the findings, then run the same command again.",
    });
  }
  if (reply.procedure === undefined) {
    session.print(reply, "");
    return;
  }
  const last = await follow(session, reply.procedure, seconds);
  if (last.state === "done") {
    session.print({ ...reply, result: last }, `${last.subject}: done.\n`);
    return;
  }
  throw commandRefused(
    last.failure ?? {
      code: "GEMEL-5006",
      message: "A step failed.",
      where: reply.module,
      next: "gemel status",
    },
  );
}

async function follow(session: CliSession, id: string, seconds: number): Promise<ProcedureStatus> {
  const end = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
  let shown = "";
  for (;;) {
    const procedure = await session.ask("GET /procedures/:id", { id });
    const text = showProcedure(procedure);
    if (text !== shown && !session.json) process.stdout.write(text);
    shown = text;
    if (procedure.state !== "running") return procedure;
    if (process.hrtime.bigint() > end) {
      throw new CommandEnd(exitCodes.notFinished, {
        code: "GEMEL-4010",
        message: `It goes on; ${procedure.step} was not finished within ${seconds} s.`,
        where: procedure.subject,
        next: "See where it stands with: gemel status",
      });
    }
    await new Promise((done) => setTimeout(done, protectAskAgainMs));
  }
}

function findingLines(findings: readonly FindingView[]): string {
  return findings
    .map(({ severity, node, code, message, next }) => {
      const mark = severity === "blocks" ? paint("✗", "red") : paint("!", "amber");
      return `${mark} ${node}: ${code} ${message}\n    next: ${next}\n`;
    })
    .join("");
}
