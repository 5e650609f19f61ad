// SPDX-License-Identifier: Apache-2.0
/**
 * One lab for the scenarios of a file: each scenario starts from "ready" and ends there, so that a file
 * pays for its hosts and guests once. A scenario that fails prints what the daemons said; the next one
 * begins with a fresh lab. Each file has a lab folder of its own: two files may run beside each other, and a
 * file's next run removes what its last one left.
 */
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { labFolder, labsPath } from "../lab/machine/folders.js";
import { Twins, homeOf } from "./twins.js";
import type { ModuleName } from "./twins.js";
import type { GuestOptions } from "../lab/guest.js";
import type { LabOptions } from "../lab/lab.js";

const scenarioLimitMs = 240_000;

export interface Stage {
  readonly modules: readonly ModuleName[];
  readonly lab?: LabOptions;
  readonly guest?: Partial<GuestOptions>;
}

/** A folder that was named for the whole run counts for every file. */
function folderOfThisFile(): string {
  if (process.env["GEMEL_LAB_DIR"] !== undefined) return labFolder();
  return join(labsPath(), `e2e-${basename(process.argv[1] ?? "", ".test.js")}`);
}

/** Prints what was measured; nothing is asserted on times. */
export type Say = (text: string) => void;
export type Act = (twins: Twins, say: Say) => Promise<void>;

/** `scenario(name, act)` registers a test named by its scenario. */
export function scenarios(stage: Stage): (name: string, act: Act) => void {
  let current: Twins | undefined;

  const ready = async (): Promise<Twins> => {
    if (current !== undefined) return current;
    const twins = await Twins.up({ dir: folderOfThisFile(), ...stage.lab });
    current = twins;
    for (const module of stage.modules) await twins.protectAndRun(module, stage.guest);
    return twins;
  };
  const drop = async (): Promise<void> => {
    const twins = current;
    current = undefined;
    await twins?.down();
  };
  after(drop);

  return (name, act) => {
    test(name, { timeout: scenarioLimitMs }, async (context) => {
      try {
        const twins = await ready();
        await act(twins, (text) => {
          context.diagnostic(text);
        });
        for (const module of stage.modules) await twins.untilReady(module, homeOf(module));
      } catch (failure) {
        context.diagnostic((await current?.diagnosis().catch((error: unknown) => String(error))) ?? "no lab");
        await drop();
        throw failure;
      }
    });
  };
}
