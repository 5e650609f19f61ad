// SPDX-License-Identifier: Apache-2.0
// The modules that this node knows: their userconfig.xml as read, reread when a person edits it, exchanged
// with the other node by revision (the higher one is the newer one). A file that is wrong, unreadable or gone
// leaves the module as it was last read, also over a restart of the daemon, and is shown (R103); a removed
// module is remembered by its UUID, so that a node that was away does not bring it back.

import { statSync } from "node:fs";
import { join } from "node:path";
import { failure, GemelError, type Failure } from "../../base/errors.js";
import { moduleId, type ModuleId } from "../../base/units.js";
import { faultText, moduleIds, readModuleFile, removeModule, saveModule, type FileFault } from "./files.js";
import { KeptSettings } from "./kept-settings.js";
import { moduleFormat, parseModule, writeModule, type ModuleSettings } from "./module-file.js";
import { isOlder, type Version } from "../cluster/merge-rule.js";
import { changed, configOf, differences, edited, moduleView, replaced } from "./module-settings.js";
import { moduleFile, type Paths } from "./paths.js";
import type { ModuleConfig } from "../../decide/mirror/types.js";
import type { ModuleChange, ModuleView } from "../../api/contract.js";
import { readDurable, writeDurable } from "../record/durable-file.js";
import { removedModulesMax } from "../../base/limits/edge.js";

const removedFormat = 1;

interface Known {
  readonly settings: ModuleSettings;
  readonly warnings: readonly string[];
  /** Of the file as it was last read; undefined: it was not, its settings are those that were kept. */
  readonly modified: number | undefined;
}

export interface ModuleListener {
  readonly configured: (config: ModuleConfig) => void;
  readonly removed: (id: ModuleId) => void;
  /** For the log. */
  readonly said: (id: string, sentence: string, outcome: string) => void;
}

export class Modules {
  private readonly known = new Map<ModuleId, Known>();
  /** Files that cannot be used, with why. */
  private readonly wrong = new Map<ModuleId, Failure>();
  private readonly kept: KeptSettings<ModuleSettings>;
  /** R106: changed here, and the other node does not know it yet. */
  private readonly untold = new Set<ModuleId>();

  constructor(
    private readonly paths: Paths,
    private readonly listener: ModuleListener,
  ) {
    this.kept = new KeptSettings(
      paths.keptSettings,
      { format: moduleFormat, parse: (text) => parseModule(text).config, write: writeModule },
      (reason) => listener.said("", "Settings could not be kept for the next start of the daemon.", reason),
    );
  }

  /** Reads what has changed on disk since the last time. */
  reread(): void {
    const ids = new Set([...moduleIds(this.paths), ...this.kept.names(), ...this.known.keys()].map(moduleId));
    for (const id of ids) {
      const known = this.known.get(id);
      const modified = this.modified(id);
      const isAsBefore = modified !== undefined && known?.modified === modified && !this.wrong.has(id);
      if (!isAsBefore) this.read(id, modified);
    }
  }

  /** Known by name and by nothing else: nothing was kept of what they were. */
  unknown(): readonly ModuleId[] {
    return [...this.wrong.keys()].filter((id) => !this.known.has(id));
  }

  ids(): readonly ModuleId[] {
    return [...this.known.keys()].sort();
  }

  troubles(): readonly Failure[] {
    return [...this.wrong.values()];
  }

  troubleOf(id: string): Failure | undefined {
    return this.wrong.get(moduleId(id));
  }

  settings(id: string): ModuleSettings | undefined {
    return this.known.get(moduleId(id))?.settings;
  }

  expect(id: string): ModuleSettings {
    const settings = this.settings(id);
    if (settings === undefined) throw new GemelError("GEMEL-1001", id);
    return settings;
  }

  view(id: string): ModuleView {
    return moduleView(id, this.expect(id), this.known.get(moduleId(id))?.warnings ?? []);
  }

  create(id: string, settings: ModuleSettings): void {
    saveModule(this.paths, id, settings);
    this.remember(settings.uuid, false);
    this.kept.keep(id, settings);
    this.known.set(moduleId(id), { settings, warnings: [], modified: undefined });
    this.reread();
  }

  remove(id: string): void {
    const settings = this.settings(id);
    if (settings === undefined) return;
    this.remember(settings.uuid, true);
    removeModule(this.paths, id);
    this.kept.forget(id);
    this.known.delete(moduleId(id));
    this.wrong.delete(moduleId(id));
    this.listener.removed(moduleId(id));
  }

  change(id: string, change: ModuleChange): ModuleSettings {
    this.create(id, changed(this.mendable(id), change));
    this.untold.add(moduleId(id));
    return this.expect(id);
  }

  /** All settings at once; what the module is stays. */
  replace(id: string, settings: ModuleSettings): void {
    this.create(id, replaced(id, this.mendable(id), settings));
    this.untold.add(moduleId(id));
  }

  /** The other node has them. */
  told(id: string): void {
    this.untold.delete(moduleId(id));
  }

  /** From the other node: taken when it is newer. Answers whether this module was removed here meanwhile. */
  offer(id: string, settings: ModuleSettings): "taken" | "kept" | "removed" {
    if (this.removals().includes(settings.uuid)) return "removed";
    const own = this.settings(id);
    if (own !== undefined) {
      if (own.uuid !== settings.uuid || !isOlder(versionOf(own), versionOf(settings))) return "kept";
      this.sayTaken(moduleId(id), own, settings);
    }
    if (this.troubleOf(id) === undefined) this.create(id, settings);
    else this.takeKept(moduleId(id), settings);
    return "taken";
  }

  private read(id: ModuleId, modified: number | undefined): void {
    const file = readModuleFile(this.paths, id);
    if (file.kind === "value") {
      const { warnings } = file.value;
      const config = this.asEdited(id, file.value.config);
      if (config === undefined) return;
      if (this.wrong.delete(id)) this.listener.said(id, "The settings can be read again.", "they count");
      this.known.set(id, { settings: config, warnings, modified });
      this.kept.keep(id, config);
      this.listener.configured(configOf(id, config));
      return;
    }
    const kept = this.kept.read(id);
    if (file.kind === "absent") {
      // A folder without a file is no module yet; one that was let go left its settings when power failed.
      const isLetGo = kept !== undefined && this.removals().includes(kept.uuid);
      if (isLetGo) this.kept.forget(id);
      if (isLetGo || (!this.known.has(id) && !this.kept.names().includes(id))) return;
    }
    this.misread(id, file.kind === "fault" ? file : gone(moduleFile(this.paths, id)));
    if (!this.known.has(id) && kept !== undefined) this.takeKept(id, kept);
  }

  /** Undefined: what must not change has, and the module stays as it was. */
  private asEdited(id: ModuleId, file: ModuleSettings): ModuleSettings | undefined {
    const before = this.known.get(id)?.settings ?? this.kept.read(id);
    if (before === undefined || this.removals().includes(before.uuid)) return file;
    try {
      const settings = edited(id, before, file);
      const changes = differences(before, file);
      if (changes.length > 0) {
        this.untold.add(id);
        this.listener.said(id, "userconfig.xml was edited.", changes.join("; "));
      }
      return settings;
    } catch (error) {
      if (!(error instanceof GemelError)) throw error;
      const at = { file: moduleFile(this.paths, id), line: 0, reason: error.message };
      this.misread(id, { kind: "fault", ...at });
      if (!this.known.has(id)) this.takeKept(id, before);
      return undefined;
    }
  }

  private sayTaken(id: ModuleId, own: ModuleSettings, theirs: ModuleSettings): void {
    const changes = differences(own, theirs).join("; ");
    const isLost = this.untold.delete(id) || own.revision === theirs.revision;
    const sentence = isLost
      ? "Both nodes have changed the settings while they were cut: the other node's count, these are lost."
      : "The other node has changed the settings.";
    this.listener.said(id, sentence, changes);
  }

  /** The file stays as it is: somebody is about to mend it. */
  private takeKept(id: ModuleId, settings: ModuleSettings): void {
    this.kept.keep(id, settings);
    this.known.set(id, { settings, warnings: [], modified: undefined });
    this.listener.configured(configOf(id, settings));
  }

  private misread(id: ModuleId, fault: FileFault): void {
    const text = faultText(fault);
    if (this.wrong.get(id)?.message.includes(text) === true) return;
    const trouble = failure("GEMEL-4024", id, `${text}.`);
    this.wrong.set(id, trouble);
    this.listener.said(id, trouble.message, "it is looked after as before");
  }

  /** A change would write over what a person has begun. */
  private mendable(id: string): ModuleSettings {
    const file = moduleFile(this.paths, id);
    if (this.troubleOf(id) !== undefined) throw new GemelError("GEMEL-4024", id, `First mend ${file}.`);
    return this.expect(id);
  }

  private modified(id: ModuleId): number | undefined {
    try {
      return statSync(moduleFile(this.paths, id), { throwIfNoEntry: false })?.mtimeMs;
    } catch {
      // Reading it says why.
      return undefined;
    }
  }

  private removals(): readonly string[] {
    const found = readDurable(join(this.paths.state, "removed.json"), removedFormat);
    return found.kind === "value" ? (found.value as string[]) : [];
  }

  private remember(uuid: string, isRemoved: boolean): void {
    const removed = this.removals();
    if (removed.includes(uuid) === isRemoved) return;
    const rest = removed.filter((one) => one !== uuid);
    const next = isRemoved ? [...rest, uuid].slice(-removedModulesMax) : rest;
    writeDurable(join(this.paths.state, "removed.json"), removedFormat, next);
  }
}

const versionOf = (settings: ModuleSettings): Version => ({
  revision: settings.revision,
  node: "",
  text: writeModule(settings),
});

const gone = (file: string): FileFault => ({ kind: "fault", file, line: 0, reason: "it is gone" });
