// SPDX-License-Identifier: Apache-2.0
/**
 * Runs programs with a time limit. Each gets a process group of its own, and the limit kills the whole group:
 * a killed nsenter would otherwise leave its child running inside the virtual host.
 */
import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";

export type CommandResult = {
  /** The exit status; 128 + signal number is not used: a signal's name is in `signal`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** True when the limit ended it. */
  readonly timedOut: boolean;
};

export type CommandOptions = {
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Long enough for mkfs and the first start of libvirtd on a busy machine. */
const timeoutMsDefault = 30_000;

export function start(
  argv: readonly string[],
  stdio: StdioOptions = "pipe",
  env?: CommandOptions["env"],
): ChildProcess {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error("no program named");
  return spawn(program, rest, { stdio, detached: true, ...(env ? { env: { ...process.env, ...env } } : {}) });
}

/** Kills the process group of a program begun by start(). A group that is gone is no error. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Already gone: that is what was wanted.
  }
}

export async function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = start(argv, "pipe", options.env);
  const limitMs = options.timeoutMs ?? timeoutMsDefault;
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A program that does not read its input closes the pipe: its exit status tells more than EPIPE does.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.input ?? "");
  return await new Promise<CommandResult>((resolve, reject) => {
    let timedOut = false;
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");
      resolve({ code, signal, stdout: text(stdout), stderr: text(stderr), timedOut });
    };
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
      // Pipes held open by a survivor in a session of its own must not hold us.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, limitMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", end);
  });
}

/** Runs a program that must succeed; says what was run and what it printed when it does not. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code === 0) return result.stdout;
  const how = result.timedOut
    ? "reached its time limit"
    : `ended with ${result.code ?? result.signal ?? "nothing"}`;
  throw new Error(`${argv.join(" ")} ${how}: ${result.stderr.trim() || result.stdout.trim() || "no output"}`);
}
