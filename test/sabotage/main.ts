// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run sabotage`: every deliberate fault turns its named test red; exit status 1 if one goes unnoticed.
 */
import { isNoticed } from "./build.js";
import { faults } from "./faults.js";

let unnoticed = 0;
for (const fault of faults) {
  const complaint = await isNoticed(fault);
  if (complaint !== undefined) unnoticed++;
  const verdict = complaint === undefined ? "noticed" : "UNNOTICED";
  console.log(`${verdict}  ${fault.name}: ${complaint ?? `${fault.test} is red; ${fault.breaks}`}`);
}
console.log(`${faults.length - unnoticed} of ${faults.length} faults are noticed`);
process.exitCode = unnoticed === 0 ? 0 : 1;
