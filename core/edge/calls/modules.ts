// SPDX-License-Identifier: Apache-2.0
// Modules: their settings, commands, and what is looked at before one is given.

import type { CommandReply, CommandRequest, ModuleChange } from "../../api/contract.js";
import type { Caller } from "../../api/caller.js";
import type { moduleRows } from "../../api/calls/modules.js";
import { PeerRefusal, type AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { seconds } from "../../base/units.js";
import type { Command } from "../../decide/mirror/command.js";
import { commandOf } from "../../decide/mirror/request.js";
import { sideOf } from "../../decide/mirror/side.js";
import { copiesOf } from "../../describe/module/copies.js";
import type { MirrorFigures } from "../../../native/index.js";
import { parseModule } from "../config/module-file.js";
import { ConfigFault } from "../config/xml.js";
import { askPeer, forward } from "./forward.js";
import { copiesFacts, preview } from "./inspection.js";
import { networkOf, placeIn, settingsOf, type AskedDaemon } from "./rooms.js";

export function moduleAnswers(daemon: AskedDaemon): AnswersTo<typeof moduleRows> {
  return {
    "GET /modules": () => daemon.ask("modules"),
    "GET /modules/:module": async ({ params: { module } }) => {
      const found = (await daemon.ask("modules")).find(({ id }) => id === module);
      if (found === undefined) throw new GemelError("GEMEL-1001", module);
      return found;
    },
    "PATCH /modules/:module": ({ params: { module }, body }) => {
      refuseUnknownNodes(settingsOf(daemon, module).nodes, module, body);
      return daemon.ask("change", module, body);
    },
    "PUT /modules/:module/userconfig": ({ params: { module }, body: { xml } }) => {
      settingsOf(daemon, module);
      return daemon.ask("replace", module, judged(module, xml).config);
    },
    "GET /modules/:module/figures": async ({ params: { module } }) => {
      const { mirror: status } = await daemon.ask("look", module);
      const asked = status && (await daemon.ask("mirror", module, { do: "figures" }, seconds(5)));
      const mirror = (asked ?? null) as MirrorFigures | null;
      return { module, node: daemon.node, mirror, status: status === undefined ? null : { ...status } };
    },
    "GET /modules/:module/preview": ({ params, query }) => preview(daemon, params.module, query),
    "GET /modules/:module/copies": async ({ params: { module } }) =>
      copiesOf(await copiesFacts(daemon, module, await daemon.ask("look", module))),
    "POST /modules/:module/commands": ({ params, body, caller }) =>
      carryOut(daemon, params.module, body, caller),
    "POST /modules/:module/verify": async ({ params, body: { repair = false } }) => {
      await verify(daemon, params.module, repair);
      return { started: true };
    },
    "POST /shutdown": ({ caller }) => shutdown(daemon, { do: "shutdown" }, caller.name),
    "DELETE /shutdown": ({ caller }) => shutdown(daemon, { do: "shutdown", back: true }, caller.name),
  };
}

async function shutdown(
  daemon: AskedDaemon,
  command: Command,
  by: string,
): Promise<{ readonly sentence: string }> {
  const answer = await daemon.ask("command", command, by);
  if (!answer.ok) throw new PeerRefusal(409, answer.failure);
  return { sentence: answer.sentence };
}

async function carryOut(
  daemon: AskedDaemon,
  module: string,
  request: CommandRequest,
  { name, address }: Caller,
): Promise<CommandReply> {
  const node = await placeIn(daemon, module, request);
  if (node !== daemon.node) {
    const to = { peer: node, by: name };
    const body = { ...request, node };
    return await forward(networkOf(daemon), to, "POST /modules/:module/commands", { module }, body);
  }
  const command = commandOf(module, request, settingsOf(daemon, module).nodes);
  const answer = await daemon.ask("command", command, `${name}@${address}`);
  if (!answer.ok) throw new PeerRefusal(409, answer.failure);
  return { node, sentence: answer.sentence, until: answer.until };
}

/** By the node that is primary: its copy is the one compared with. */
async function verify(daemon: AskedDaemon, module: string, repair: boolean): Promise<void> {
  const side = sideOf(settingsOf(daemon, module).nodes, daemon.node);
  if (side.kind === "bystander") throw new GemelError("GEMEL-1015", module);
  const { mirror } = await daemon.ask("look", module);
  if (mirror?.role === "primary") await daemon.ask("mirror", module, { do: "verify", repair }, seconds(10));
  else await askPeer(networkOf(daemon), side.other, "verify", { module, repair });
}

function judged(id: string, xml: string): ReturnType<typeof parseModule> {
  try {
    return parseModule(xml);
  } catch (error) {
    if (error instanceof ConfigFault)
      throw new GemelError("GEMEL-4006", id, `line ${error.line}: ${error.reason}`);
    throw error;
  }
}

function refuseUnknownNodes(
  nodes: readonly string[],
  id: string,
  { defaultPrim, pin = "" }: ModuleChange,
): void {
  if (pin !== "" && !nodes.includes(pin))
    throw new GemelError("GEMEL-4008", id, `pin must be one of: ${nodes.join(", ")}, or empty for none.`);
  const words: readonly string[] = ["alone", "lastprim", ...nodes];
  if (defaultPrim === undefined || words.includes(defaultPrim)) return;
  throw new GemelError("GEMEL-4008", id, `defaultprim must be one of: ${words.join(", ")}.`);
}
