// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run sabotage`: every deliberate fault turns its named test red; exit status 1 if one goes unnoticed.
 * With names of faults or rules behind it (`npm run sabotage -- R14`): these only.
 */
import { isControlNoticed } from "./control.js";
import { controlFaults } from "./control-faults.js";
import { isEngineNoticed } from "./engine.js";
import { engineFaults } from "./engine-faults.js";
import type { Fault } from "./fault.js";

const wanted = process.argv.slice(2);
const isWanted = ({ name, rules }: Fault): boolean =>
  wanted.length === 0 || [name, ...rules].some((word) => wanted.includes(word));

let unnoticed = 0;
let count = 0;

async function prove<F extends Fault>(
  faults: readonly F[],
  isNoticed: (fault: F) => Promise<string | undefined>,
): Promise<void> {
  for (const fault of faults.filter(isWanted)) {
    const complaint = await isNoticed(fault);
    count++;
    if (complaint !== undefined) unnoticed++;
    const verdict = complaint === undefined ? "noticed" : "UNNOTICED";
    console.log(`${verdict}  ${fault.name}: ${complaint ?? `${fault.test} is red; ${fault.breaks}`}`);
  }
}

await prove(controlFaults, isControlNoticed);
await prove(engineFaults, isEngineNoticed);
console.log(`${count - unnoticed} of ${count} faults are noticed`);
process.exitCode = unnoticed === 0 && count > 0 ? 0 : 1;
