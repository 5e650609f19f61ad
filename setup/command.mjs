// SPDX-License-Identifier: Apache-2.0
/**
 * Child processes and the terminal, for a script that must clean up behind itself.
 *
 * Children are awaited, never run synchronously: only so can a Ctrl-C be noticed while apt works, and the
 * policy-rc.d of the machine be put back. A signal is remembered and surfaces as an Interrupted error after
 * the child has ended, so that every `finally` on the way out runs.
 */
import { spawn, spawnSync } from "node:child_process";

/** A sentence for the person at the terminal; printed without a stack. */
export class Refusal extends Error {}

/** Ctrl-C or a termination, raised where the script was waiting. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`Stopped by ${signal}. Run the same command again to go on.`);
  }
}

/** @type {NodeJS.Signals | undefined} */
let pendingSignal;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => (pendingSignal = signal));
}

/**
 * Runs a program to its end and raises a Refusal when it fails.
 * In quiet mode its output is kept back and shown only on failure.
 * @param {string[]} argv
 * @param {{ quiet?: boolean, cwd?: string, env?: NodeJS.ProcessEnv, doing: string }} options
 */
export async function run(argv, options) {
  const [program, ...rest] = argv;
  const stdio = options.quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"];
  // A group of its own: Ctrl-C reaches us first, and we pass it on.
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio,
    detached: true,
  });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  const relay = setInterval(() => {
    if (pendingSignal !== undefined && child.pid !== undefined) killGroup(child.pid, pendingSignal);
  }, 200);
  const status = await new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  clearInterval(relay);
  if (pendingSignal !== undefined) throw new Interrupted(pendingSignal);
  if (status === 0) return;
  if (output !== "") process.stderr.write(output);
  throw new Refusal(`${options.doing} failed: \`${argv.join(" ")}\` ended with ${status}.`);
}

/**
 * The output of a short program, or undefined when it fails or is not there.
 * @param {string[]} argv
 */
export function output(argv) {
  const [program, ...rest] = argv;
  const env = { ...process.env, LC_ALL: "C" };
  const result = spawnSync(program, rest, { encoding: "utf8", env, maxBuffer: 64 << 20 });
  return result.status === 0 ? result.stdout : undefined;
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended between two looks: nothing is left to tell.
  }
}
