// SPDX-License-Identifier: Apache-2.0
// A VM's start and stop as the module needs them: the definition lives in the module's folder and is defined
// only on the node that runs it. No path below the mount is touched here (R33): the folder is read through
// the mirror process.

import { base64OfText, textOfBase64 } from "../base/base64.js";
import { GemelError, type ErrorCode, isErrorCode } from "../base/errors.js";
import type { Milliseconds } from "../base/units.js";
import { definitionFile, type Hypervisor, type Outcome } from "../ports/hypervisor.js";
import type { MirrorCommand } from "../../native/index.js";
import { definitionFileLimit } from "../base/limits/decision.js";

export interface VmPlace {
  readonly module: string;
  readonly vm: string;
  readonly folder: string;
}

type AskMirror = (module: string, command: MirrorCommand, limit: Milliseconds) => Promise<unknown>;

/** Of the hypervisor what a start and a stop need. */
export type VmHost = Pick<
  Hypervisor,
  "define" | "undefine" | "definition" | "startHeld" | "proveDisks" | "letRun" | "stop" | "kill"
>;

/** The value, or the hypervisor's refusal as an error of ours. */
export function valueOf<T>(outcome: Outcome<T>, where: string): T {
  if (outcome.ok) return outcome.value;
  const code: ErrorCode = isErrorCode(outcome.code) ? outcome.code : "GEMEL-3009";
  throw new GemelError(code, where, outcome.message, outcome.next);
}

export class VmEffects {
  constructor(
    private readonly hypervisor: VmHost,
    private readonly ask: AskMirror,
  ) {}

  /**
   * Defined, started paused, under the engine's watch, its disks proven to be on the mount (R31), and only
   * then running. `stillValid` is asked last: what was decided before a gap of this daemon must not let a
   * guest run (R16).
   */
  async start(place: VmPlace, stillValid: () => boolean): Promise<void> {
    const { module, vm, folder } = place;
    valueOf(await this.hypervisor.define(await this.readDefinition(module)), module);
    const started = await this.hypervisor.startHeld(vm);
    // Not answered in time: it may be there, held, and nobody would let it run.
    if (!started.ok && started.code === "GEMEL-3001") await this.hypervisor.kill(vm);
    const process_ = valueOf(started, module);
    try {
      await this.ask(module, { do: "attach-guest", ...process_ }, definitionFileLimit);
      const proof = valueOf(await this.hypervisor.proveDisks(vm, folder), module);
      if (!proof.protected) {
        const elsewhere = proof.elsewhere.map(({ path, why }) => `${path}: ${why}`).join("; ");
        throw new GemelError("GEMEL-3004", module, elsewhere);
      }
      if (!stillValid()) throw new GemelError("GEMEL-9002", module);
      valueOf(await this.hypervisor.letRun(vm), module);
    } catch (error) {
      // It has executed nothing yet: killing it loses nothing.
      await this.hypervisor.kill(vm);
      await this.ask(module, { do: "detach-guest" }, definitionFileLimit).catch(() => undefined);
      throw error;
    }
  }

  async stop(place: VmPlace, how: "shutdown" | "save" | "off" | "kill", limit: Milliseconds): Promise<void> {
    const { module, vm } = place;
    const definition = await this.hypervisor.definition(vm);
    if (how === "kill") valueOf(await this.hypervisor.kill(vm), module);
    else valueOf(await this.hypervisor.stop(vm, how, limit), module);
    await this.ask(module, { do: "detach-guest" }, definitionFileLimit).catch(() => undefined);
    // A module whose engine is frozen or gone keeps the definition it has.
    if (definition.ok && how !== "kill")
      await this.keepDefinition(module, definition.value).catch(() => undefined);
    await this.undefine(vm, module, how === "kill");
  }

  /** What virsh or virt-manager changed is in the folder, so that the other node starts the same VM. */
  async keepDefinition(module: string, definition: string): Promise<boolean> {
    if ((await this.readDefinition(module)) === definition) return false;
    const base64 = base64OfText(definition);
    await this.ask(
      module,
      { do: "write-file", path: definitionFile, base64, mode: 0o600 },
      definitionFileLimit,
    );
    return true;
  }

  async readDefinition(module: string): Promise<string> {
    const result = await this.ask(module, { do: "read-file", path: definitionFile }, definitionFileLimit);
    const { base64 } = result as { readonly base64: string };
    return textOfBase64(base64);
  }

  /** `isForced`: the process is verified dead, and a hypervisor that does not answer holds up nobody. */
  private async undefine(vm: string, module: string, isForced: boolean): Promise<void> {
    const done = await this.hypervisor.undefine(vm);
    if (done.ok || done.code === "GEMEL-3005" || (isForced && done.code === "GEMEL-3001")) return;
    valueOf(done, module);
  }
}
