// SPDX-License-Identifier: Apache-2.0
// Work of many steps that a crash must not leave half done: protect, unprotect. Each procedure is a journal
// file; each step may be repeated without harm, so after a restart of the daemon the step that was going on
// is simply run again.
//
//   running ── all steps ──▶ done
//      │ a step fails
//      ├── before the point of no return: the steps done so far are undone, last first ──▶ undone
//      └── after it ──▶ failed; tried again when the daemon starts, or when a person repeats the command
//
// Invariant: what a step learns and a later one (or an undo) needs is in `data`, journaled before the step
// acts on it.

import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ProcedureStatus } from "../api/contract.js";
import { failure, GemelError, type Failure } from "../base/errors.js";
import { readDurable, removeWhole, writeDurable } from "../edge/record/durable-file.js";
import { procedureAgainMs, procedureNotesMax, proceduresFinishedMax } from "../base/limits/edge.js";

const journalFormat = 1;

export interface StepContext<Data> {
  readonly id: string;
  readonly data: Readonly<Data>;
  /** Journaled, with fsync, when it returns. */
  readonly keep: (change: Partial<Data>) => void;
  readonly progress: (bytesDone: number, bytesTotal: number) => void;
  readonly note: (text: string) => void;
}

export interface ProcedureStep<Data> {
  /** Shown to a person while it runs: "moving the disks into the folder". */
  readonly name: string;
  readonly run: (context: StepContext<Data>) => Promise<void>;
  readonly undo?: (context: StepContext<Data>) => Promise<void>;
}

export interface ProcedureKind<Data> {
  readonly kind: string;
  readonly steps: readonly ProcedureStep<Data>[];
  /** Number of the step from which on nothing is undone any more. */
  readonly noReturn: number;
}

interface Journal {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly step: number;
  readonly state: "running" | "undoing" | "done" | "failed" | "undone";
  readonly data: unknown;
  readonly notes: readonly string[];
  readonly failure?: Failure;
}

/** What is shown of it; on which node it is, whoever shows it knows. */
export type ProcedureView = Omit<ProcedureStatus, "node">;

export interface ProcedureEdge {
  readonly record: (subject: string, sentence: string, outcome: string) => void;
  /** Somebody may be looking at one that has moved on. */
  readonly changed: () => void;
}

export class Procedures {
  private readonly journals = new Map<string, Journal>();
  private readonly progress = new Map<string, NonNullable<ProcedureView["progress"]>>();
  private readonly kinds = new Map<string, ProcedureKind<unknown>>();
  private readonly working = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly edge: ProcedureEdge,
  ) {
    for (const name of namesIn(folder).filter((one) => /^[a-z0-9-]+\.json$/.test(one))) {
      const found = readDurable(join(folder, name), journalFormat);
      if (found.kind === "value") this.journals.set(name.slice(0, -5), found.value as Journal);
      else this.edge.record(name, `The journal ${name} cannot be read (${found.kind}).`, "left untouched");
    }
  }

  define<Data>(kind: ProcedureKind<Data>): void {
    this.kinds.set(kind.kind, kind as unknown as ProcedureKind<unknown>);
  }

  /** After all kinds are defined: what was going on when the daemon ended goes on. */
  resume(): void {
    for (const { id, state } of this.journals.values()) {
      if (state === "running" || state === "undoing") void this.work(id);
    }
  }

  /**
   * One at a time per subject. A failed one of the same kind goes on where it stopped instead of beginning
   * anew.
   */
  start(kind: string, subject: string, data: unknown): string {
    const about = [...this.journals.values()].filter((one) => one.subject === subject);
    const going = about.find(({ state }) => state === "running" || state === "undoing");
    if (going !== undefined) throw new GemelError("GEMEL-1010", subject, `${going.kind} is going on.`);
    const failed = about.find((one) => one.kind === kind && one.state === "failed");
    const id = failed?.id ?? `${kind}-${subject}-${randomBytes(3).toString("hex")}`;
    const { step, notes, data: kept } = failed ?? { step: 0, notes: [], data };
    this.write({ id, kind, subject, step, notes, data: kept, state: "running" });
    void this.work(id);
    return id;
  }

  /** What this one left unfinished has been undone by another: it is not to be continued. */
  abandon(kind: string, subject: string): void {
    for (const journal of [...this.journals.values()]) {
      if (journal.kind === kind && journal.subject === subject && journal.state === "failed")
        this.forget(journal.id);
    }
  }

  has(id: string): boolean {
    return this.journals.has(id);
  }

  view(id: string): ProcedureView {
    return this.shown(this.journal(id));
  }

  /** What those of a kind that have not ended are about; a failed one does nothing until it is taken up. */
  open(kind: string): readonly { readonly data: unknown; readonly isWorking: boolean }[] {
    return [...this.journals.values()]
      .filter((one) => one.kind === kind && !isOver(one))
      .map(({ data, state }) => ({ data, isWorking: state !== "failed" }));
  }

  views(): readonly ProcedureView[] {
    return [...this.journals.values()].map((journal) => this.shown(journal));
  }

  private shown({ id, kind, subject, step, state, notes, failure: why }: Journal): ProcedureView {
    const steps = this.kinds.get(kind)?.steps ?? [];
    const progress = this.progress.get(id);
    return {
      id,
      kind,
      subject,
      step: state === "undoing" ? "putting everything back" : (steps[step]?.name ?? "finished"),
      steps: steps.map(({ name }) => name),
      state: state === "undoing" ? "running" : state,
      notes,
      ...(progress !== undefined && state === "running" && { progress }),
      ...(why !== undefined && { failure: why }),
    };
  }

  /** Never fails: what a step does wrong is in the journal; where that cannot be written, again later. */
  private async work(id: string): Promise<void> {
    if (this.working.has(id)) return;
    this.working.add(id);
    try {
      if (this.journals.get(id)?.state === "running") await this.forward(id);
      if (this.journals.get(id)?.state === "undoing") await this.backward(id);
      this.forgetOld();
    } catch (error) {
      const { kind, subject } = this.journals.get(id) ?? { kind: id, subject: id };
      this.edge.record(
        subject,
        `${kind}: its journal cannot be written; it waits.`,
        (error as Error).message,
      );
      setTimeout(() => void this.work(id), procedureAgainMs).unref();
    } finally {
      this.working.delete(id);
      this.progress.delete(id);
    }
  }

  private async forward(id: string): Promise<void> {
    for (;;) {
      const journal = this.journal(id);
      const kind = this.kinds.get(journal.kind);
      const step = kind?.steps[journal.step];
      if (kind === undefined) return;
      if (step === undefined) {
        this.end(journal, "done");
        return;
      }
      try {
        this.progress.delete(id);
        await step.run(this.context(id));
        this.write({ ...this.journal(id), step: journal.step + 1 });
      } catch (error) {
        const now = this.failed(id, `${step.name} failed`, error);
        if (journal.step < kind.noReturn) this.write({ ...now, state: "undoing" });
        else this.end(now, "failed");
        return;
      }
    }
  }

  private async backward(id: string): Promise<void> {
    for (let { step } = this.journal(id); step >= 0; step--) {
      const journal = this.journal(id);
      this.write({ ...journal, step });
      try {
        await this.kinds.get(journal.kind)?.steps[step]?.undo?.(this.context(id));
      } catch (error) {
        this.end(this.failed(id, `undoing step ${step} failed`, error), "failed");
        return;
      }
    }
    this.end(this.journal(id), "undone");
  }

  /** Said, and kept with the journal. */
  private failed(id: string, what: string, error: unknown): Journal {
    const { subject, kind } = this.journal(id);
    const why = explained(error, subject);
    this.edge.record(subject, `${kind}: ${what}.`, `${why.code} ${why.message}`);
    return { ...this.journal(id), failure: why };
  }

  private context(id: string): StepContext<unknown> {
    const data = (): unknown => this.journal(id).data;
    return {
      id,
      get data() {
        return data() as Readonly<object>;
      },
      keep: (change) => {
        const journal = this.journal(id);
        this.write({ ...journal, data: { ...(journal.data as object), ...(change as object) } });
      },
      progress: (bytesDone, bytesTotal) => {
        this.progress.set(id, { bytesDone, bytesTotal });
        this.edge.changed();
      },
      note: (text) => {
        const journal = this.journal(id);
        this.write({ ...journal, notes: [...journal.notes, text].slice(-procedureNotesMax) });
      },
    };
  }

  private end(journal: Journal, state: "done" | "failed" | "undone"): void {
    this.write({ ...journal, state });
    this.edge.record(
      journal.subject,
      `${journal.kind} of ${journal.subject}: ${state}.`,
      journal.failure?.message ?? "",
    );
  }

  private journal(id: string): Journal {
    const journal = this.journals.get(id);
    if (journal === undefined) throw new GemelError("GEMEL-4008", id, "There is no such procedure.");
    return journal;
  }

  private write(journal: Journal): void {
    writeDurable(this.file(journal.id), journalFormat, journal);
    this.journals.set(journal.id, journal);
    this.edge.changed();
  }

  private forgetOld(): void {
    const finished = [...this.journals.values()].filter(isOver);
    for (const { id } of finished.slice(0, -proceduresFinishedMax)) this.forget(id);
  }

  private forget(id: string): void {
    this.journals.delete(id);
    removeWhole(this.file(id));
  }

  private file(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

const isOver = ({ state }: Journal): boolean => state === "done" || state === "undone";

/** It is made with the first journal: a full disk has no room for a folder either. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function explained(error: unknown, subject: string): Failure {
  if (error instanceof GemelError) return error.toJSON();
  return failure("GEMEL-9003", subject, error instanceof Error ? error.message : String(error));
}
