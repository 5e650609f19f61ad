// SPDX-License-Identifier: Apache-2.0
/**
 * A reporter for node:test that writes JSON lines, read back by file.ts.
 *
 * Node's own TAP output would have to be parsed, and loses where a failure happened. This module is named on
 * the command line of the child (`--test-reporter`), so it must have a default export and import nothing of
 * ours.
 */
import type { TestEvent } from "node:test/reporters";

export type ReportedTest = {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly ms: number;
  /** Why it was skipped, or what failed. */
  readonly reason: string | undefined;
  /** What it has said besides (`context.diagnostic`): a measure, or what a failed test saw. */
  readonly notes?: readonly string[];
};

/**
 * A line of the report: which test has begun (so that a file which hangs can name it), how one ended, and
 * what the one that ended last has said besides.
 */
export type ReportLine = { readonly begun: string } | { readonly note: string } | ReportedTest;

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const open: string[] = [];
  for await (const event of source) {
    if (event.type === "test:dequeue") yield line({ begun: event.data.name });
    // Without a file it is the runner's own: so and so many tests.
    if (event.type === "test:diagnostic" && event.data.file !== undefined)
      yield line({ note: event.data.message });
    if (event.type === "test:start") open.splice(event.data.nesting, Infinity, event.data.name);
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { data } = event;
    if (data.details.type === "suite" && event.type === "test:pass") continue;
    const name = [...open.slice(0, data.nesting), data.name].join(" › ");
    const test: ReportedTest = { name, ms: Math.round(data.details.duration_ms), ...verdict(event) };
    yield line(test);
  }
}

function line(content: ReportLine): string {
  return `${JSON.stringify(content)}\n`;
}

function verdict(
  event: Extract<TestEvent, { type: "test:pass" | "test:fail" }>,
): Pick<ReportedTest, "status" | "reason"> {
  if (event.type === "test:fail") return { status: "failed", reason: errorText(event.data.details.error) };
  const { skip, todo } = event.data;
  if (skip !== undefined && skip !== false)
    return { status: "skipped", reason: typeof skip === "string" ? skip : "" };
  // A test marked "to do" has shown nothing: it is reported as skipped, never as passed.
  if (todo !== undefined && todo !== false) return { status: "skipped", reason: "to do" };
  return { status: "passed", reason: undefined };
}

/** node:test wraps what was thrown; the cause is what the reader wants. */
function errorText(error: Error): string {
  const cause: unknown = error.cause;
  if (cause instanceof Error) return cause.stack ?? cause.message;
  return typeof cause === "string" ? cause : (error.stack ?? error.message);
}
