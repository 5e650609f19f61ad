// SPDX-License-Identifier: Apache-2.0
// protect, unprotect: shows findings in plain words first, then follows the procedure to its end.

import type { Command } from "commander";
import type { ProcedureStatus, ProtectReply, ProtectRequest, VmView } from "../../api/contract.js";
import { bytesText } from "../../describe/words/words.js";
import { given, timeoutOption } from "../options.js";
import { commandRefused, ended, usage } from "../outcome.js";
import type { CliSession } from "../session.js";
import { showFindings, showProcedure, table } from "../show.js";

type ProtectOptions = Omit<ProtectRequest, "vm"> & { readonly list?: boolean; readonly timeout: number };

type OfNode = Pick<ProtectRequest, "node">;
type Exclusions = NonNullable<ProtectRequest["exclude"]>;

function exclusion(text: string, before: Exclusions = []): Exclusions {
  const match = /^([A-Za-z0-9]+)=(detach|empty)$/.exec(text);
  if (match === null) throw usage(`--exclude ${text}: expected DISK=detach or DISK=empty, such as vdb=empty`);
  return [...before, { target: match[1] ?? "", how: match[2] === "empty" ? "empty" : "detach" }];
}

export function protectCommands(program: Command, session: CliSession): void {
  const listVms = session.says(({ node }: OfNode) => session.ask("GET /vms", { node }), showVms);
  program
    .command("protect [vm]")
    .description("replicate a VM to the other node and keep it running when this host dies")
    .option("--list", "the VMs of the hosts (as gemel vms)")
    .option("--node <name>", "the node on which the VM lives (default: the one that is asked)")
    .option("--module <id>", "the module's name (default: made from the VM's)")
    .option("--folder <path>", "where its files shall live")
    .option("--stop", "shut the guest down first")
    .option("--eject", "eject ISO images instead of copying them")
    .option("--exclude <disk=how>", "leave a disk out: detach or empty (repeat)", exclusion)
    .option("--dry-run", "only say what would happen")
    .addOption(timeoutOption(3600))
    .action(async (vm: string | undefined, options: ProtectOptions) => {
      if (options.list === true) return await listVms(options);
      if (vm === undefined) throw usage("which VM? See them with: gemel vms");
      const { timeout } = options;
      const request = {
        vm,
        ...given(options, "node", "module", "folder", "stop", "eject", "dryRun", "exclude"),
      };
      await finish(session, await session.ask("POST /protect", {}, request), timeout);
    });
  program
    .command("vms")
    .description("the VMs of both hosts, or of one; a silent host's are left out")
    .option("--node <name>", "only this node's")
    .action(listVms);
  program
    .command("unprotect <module>")
    .description("put the VM back as it was, on the node where it runs; also with the other node gone")
    .option("--stop", "shut the guest down first")
    .addOption(timeoutOption(3600))
    .action(async (module: string, options: { readonly stop?: boolean; readonly timeout: number }) => {
      const reply = await session.ask("POST /modules/:module/unprotect", { module }, given(options, "stop"));
      await finish(session, reply, options.timeout);
    });
}

function showVms(vms: readonly VmView[], { node = "these hosts" }: OfNode): string {
  const rows = vms.map((vm) => [
    vm.node,
    vm.name,
    vm.power,
    bytesText(vm.memory),
    `${vm.vcpus} CPU`,
    vm.module === undefined ? "not protected" : `module ${vm.module}`,
  ]);
  return rows.length === 0 ? `no VMs on ${node}\n` : table(rows, "");
}

async function finish(session: CliSession, reply: ProtectReply, seconds: number): Promise<void> {
  const { module: where, procedure } = reply;
  session.say(showFindings(reply.findings, true) + reply.notes.map((text) => `${text}\n`).join(""));
  if (procedure === undefined) {
    session.print(reply, "");
    if (reply.findings.every(({ severity }) => severity !== "blocks")) return;
    const message = "The preflight found something that forbids it; nothing was changed.";
    const next = "Correct the findings, then run the same command again.";
    throw ended("refused", "GEMEL-5001", message, where, next);
  }
  const last = await follow(session, procedure, seconds);
  if (last.state !== "done")
    throw last.failure === undefined
      ? ended("refused", "GEMEL-5006", "A step failed.", where, "gemel status")
      : commandRefused(last.failure);
  session.print({ ...reply, result: last }, `${last.subject}: done.\n`);
}

function follow(session: CliSession, id: string, seconds: number): Promise<ProcedureStatus> {
  let shown = "";
  return session.repeat(
    seconds,
    () => session.ask("GET /procedures/:id", { id }),
    (procedure) => {
      const text = showProcedure(procedure);
      if (text !== shown) session.say(text);
      shown = text;
      return procedure.state === "running" ? undefined : procedure;
    },
    ({ step, subject }) => {
      const message = `It goes on; ${step} was not finished within ${seconds} s.`;
      return ended("notFinished", "GEMEL-4010", message, subject, "See where it stands with: gemel status");
    },
  );
}
