// SPDX-License-Identifier: Apache-2.0
// Modules: their settings, commands, and what is looked at before one is given.

import type { ModuleChange } from "../../api/contract.js";
import type { moduleRows } from "../../api/calls/modules.js";
import { PeerRefusal, type AnswersTo } from "../../api/door.js";
import { GemelError } from "../../base/errors.js";
import { seconds } from "../../base/units.js";
import type { Command } from "../../decide/mirror/command.js";
import { sideOf } from "../../decide/mirror/side.js";
import { copiesOf } from "../../describe/module/copies.js";
import type { MirrorFigures } from "../../../native/index.js";
import type { AskedNode } from "./rooms.js";
import { parseModule } from "../config/module-file.js";
import { ConfigFault } from "../config/xml.js";
import type { AskedDaemon } from "./rooms.js";
import { askPeer } from "./forward.js";
import { copiesFacts, preview } from "./inspection.js";

export function moduleAnswers(daemon: AskedDaemon): AnswersTo<typeof moduleRows> {
  const running = (): AskedNode => daemon.running;
  return {
    "GET /modules": () => {
      const { modules } = running();
      return modules.ids().map((id) => modules.view(id));
    },
    "GET /modules/:module": ({ params }) => running().modules.view(params.module),
    "PATCH /modules/:module": async ({ params: { module }, body }) => {
      const { modules, configSync } = running();
      refuseUnknownNodes(modules.expect(module).nodes, module, body);
      modules.change(module, body);
      await configSync.offerAll();
      return modules.view(module);
    },
    "PUT /modules/:module/userconfig": async ({ params: { module }, body: { xml } }) => {
      const { modules, configSync } = running();
      modules.expect(module);
      modules.replace(module, judged(module, xml).config);
      await configSync.offerAll();
      return modules.view(module);
    },
    "GET /modules/:module/figures": async ({ params: { module } }) => {
      const { modules, mirrors, node } = running();
      modules.expect(module);
      const status = mirrors.lastStatus(module);
      const asked = status === undefined ? null : await mirrors.ask(module, { do: "figures" }, seconds(5));
      const mirror = asked as MirrorFigures | null;
      return { module, node, mirror, status: status === undefined ? null : { ...status } };
    },
    "GET /modules/:module/preview": ({ params, query }) => preview(running(), params.module, query),
    "GET /modules/:module/copies": async ({ params }) =>
      copiesOf(await copiesFacts(running(), params.module)),
    "POST /modules/:module/commands": ({ params, body, caller }) =>
      running().commands.carryOut(params.module, body, caller),
    "POST /modules/:module/verify": async ({ params, body: { repair = false } }) => {
      await verify(running(), params.module, repair);
      return { started: true };
    },
    "POST /shutdown": ({ caller }) => shutdown(running(), { do: "shutdown" }, caller.name),
    "DELETE /shutdown": ({ caller }) => shutdown(running(), { do: "shutdown", back: true }, caller.name),
  };
}

async function shutdown(
  { commands }: AskedNode,
  command: Command,
  by: string,
): Promise<{ readonly sentence: string }> {
  const answer = await commands.ask(command, by);
  if (!answer.ok) throw new PeerRefusal(409, answer.failure);
  return { sentence: answer.sentence };
}

/** By the node that is primary: its copy is the one compared with. */
async function verify(
  { modules, mirrors, network, node }: AskedNode,
  module: string,
  repair: boolean,
): Promise<void> {
  const side = sideOf(modules.expect(module).nodes, node);
  if (side.kind === "bystander") throw new GemelError("GEMEL-1015", module);
  if (mirrors.lastStatus(module)?.role === "primary") {
    await mirrors.ask(module, { do: "verify", repair }, seconds(10));
    return;
  }
  await askPeer(network, side.other, "verify", { module, repair });
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
