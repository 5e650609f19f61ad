// SPDX-License-Identifier: Apache-2.0
// A person's command on its way to the middle and the answer back; commands whose place is the other node are
// forwarded.

import type { Caller } from "../../api/caller.js";
import type { CommandReply, CommandRequest } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { moduleId, type NodeName } from "../../base/units.js";
import type { Command, CommandAnswer } from "../../decide/mirror/command.js";
import { commandOf, placeOf } from "../../decide/mirror/request.js";
import type { NodeState } from "../../decide/mirror/types.js";
import type { Report } from "../../loop/node-loop.js";
import { PeerRefusal } from "../../api/door.js";
import { forward } from "./forward.js";
import type { ClusterNetwork } from "../network/cluster-network.js";
import type { Modules } from "../config/modules.js";
import { commandAnswerLimitMs } from "../../base/limits/edge.js";

export class Commands {
  private readonly waiting = new Map<string, (answer: CommandAnswer) => void>();
  private counter = 0;

  constructor(
    private readonly edge: {
      readonly self: () => NodeName;
      readonly state: () => NodeState;
      readonly post: (report: Report) => void;
      readonly modules: Modules;
      readonly network: ClusterNetwork;
    },
  ) {}

  /** The middle's answer to a command of this node. */
  async ask(command: Command, by: string): Promise<CommandAnswer> {
    const id = `command-${++this.counter}`;
    return await new Promise<CommandAnswer>((done, failed) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        failed(new GemelError("GEMEL-9003", "", "The daemon did not come to answer the command."));
      }, commandAnswerLimitMs);
      this.waiting.set(id, (answer) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        done(answer);
      });
      this.edge.post({ kind: "command", id, by, command });
    });
  }

  answered(id: string, answer: CommandAnswer): void {
    this.waiting.get(id)?.(answer);
  }

  async carryOut(module: string, request: CommandRequest, caller: Caller): Promise<CommandReply> {
    const node = this.placeOf(module, request);
    const self = this.edge.self();
    const by = `${caller.name}@${caller.address}`;
    if (node !== self) {
      const to = { peer: node, by: caller.name };
      const body = { ...request, node };
      return await forward(this.edge.network, to, "POST /modules/:module/commands", { module }, body);
    }
    const answer = await this.ask(commandOf(module, request, this.edge.modules.expect(module).nodes), by);
    if (!answer.ok) throw new PeerRefusal(409, answer.failure);
    return { node: self, sentence: answer.sentence, until: answer.until };
  }

  /** Where a command belongs that names no node: here, unless only the other node can do it. */
  placeOf(module: string, request: CommandRequest): NodeName {
    const { modules, network } = this.edge;
    const peer = this.edge.state().modules[moduleId(module)]?.peer?.view;
    const pair = { self: this.edge.self(), nodes: modules.expect(module).nodes, peer };
    return placeOf(pair, request, network.member?.config.nodes.map(({ name }) => name) ?? []);
  }
}
