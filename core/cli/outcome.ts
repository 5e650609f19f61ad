// SPDX-License-Identifier: Apache-2.0
// How a command ends: exit codes, and what a refusal prints: what, why, and the next command.

import type { ApiError } from "../api/contract.js";
import { errorRegistry, type ErrorCode } from "../base/errors.js";

export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  notFinished: 3,
  unreachable: 4,
  unprotected: 10,
  notReady: 11,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Thrown anywhere below a command; main.ts prints it and exits with its code. */
export class CommandEnd extends Error {
  constructor(
    readonly exit: ExitCode,
    readonly error: ApiError,
  ) {
    super(error.message);
    this.name = "CommandEnd";
  }
}

export const commandRefused = (error: ApiError): CommandEnd => new CommandEnd(exitCodes.refused, error);

/** In words of the command's own; what to do next is the registry's, unless it is told. */
export function ended(
  exit: keyof typeof exitCodes,
  code: ErrorCode,
  message: string,
  where = "",
  next: string = errorRegistry[code].next,
): CommandEnd {
  return new CommandEnd(exitCodes[exit], { code, message, where, next });
}

export const usage = (message: string): CommandEnd =>
  ended("usage", "GEMEL-4008", message, "", "gemel --help");

export const daemonSilent = (where: string, why: string): CommandEnd =>
  ended("unreachable", "GEMEL-4007", `The daemon does not answer (${why}).`, where);

export function printError(error: ApiError, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ error })}\n`);
    return;
  }
  const where = error.where === "" ? "" : `${error.where}: `;
  process.stderr.write(`${error.code}  ${where}${error.message}\n`);
  if (error.next !== "") process.stderr.write(`next:      ${error.next}\n`);
}
