// SPDX-License-Identifier: Apache-2.0
// The modules that this node knows: their userconfig.xml as read, reread when a person edits it, exchanged
// with the other node by revision (the higher one is the newer one). A wrong file leaves the module as it was
// and is shown; a removed module is remembered by its UUID, so that a node that was away does not bring it
// back.

import { statSync } from "node:fs";
import { join } from "node:path";
import { failure, GemelError, type Failure } from "../../base/errors.js";
import { moduleId, type ModuleId } from "../../base/units.js";
import { moduleIds, readModuleFile, removeModule, saveModule } from "./files.js";
import type { ModuleSettings } from "./module-file.js";
import { changed, configOf, moduleView, replaced } from "./module-settings.js";
import { moduleFile, type Paths } from "./paths.js";
import type { ModuleConfig } from "../../decide/mirror/types.js";
import type { ModuleChange, ModuleView } from "../../api/contract.js";
import { readDurable, writeDurable } from "../record/durable-file.js";
import { removedModulesMax } from "../../base/limits/edge.js";

const removedFormat = 1;

interface Known {
  readonly settings: ModuleSettings;
  readonly warnings: readonly string[];
  readonly modified: number;
}

export interface ModuleListener {
  readonly configured: (config: ModuleConfig) => void;
  readonly removed: (id: ModuleId) => void;
}

export class Modules {
  private readonly known = new Map<ModuleId, Known>();
  /** Files that cannot be used, with why. */
  private readonly wrong = new Map<ModuleId, Failure>();

  constructor(
    private readonly paths: Paths,
    private readonly listener: ModuleListener,
  ) {}

  /** Reads what has changed on disk since the last time. */
  reread(): void {
    for (const name of moduleIds(this.paths)) {
      const id = moduleId(name);
      const modified = this.modified(id);
      if (modified === undefined || this.known.get(id)?.modified === modified) continue;
      const file = readModuleFile(this.paths, id);
      if (file.kind === "absent") continue;
      if (file.kind === "fault") {
        this.wrong.set(id, failure("GEMEL-4006", id, `${file.file}, line ${file.line}: ${file.reason}`));
        continue;
      }
      this.wrong.delete(id);
      this.known.set(id, { settings: file.value.config, warnings: file.value.warnings, modified });
      this.listener.configured(configOf(id, file.value.config));
    }
  }

  ids(): readonly ModuleId[] {
    return [...this.known.keys()].sort();
  }

  troubles(): readonly Failure[] {
    return [...this.wrong.values()];
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
    this.reread();
  }

  remove(id: string): void {
    const settings = this.settings(id);
    if (settings === undefined) return;
    this.remember(settings.uuid, true);
    removeModule(this.paths, id);
    this.known.delete(moduleId(id));
    this.listener.removed(moduleId(id));
  }

  change(id: string, change: ModuleChange): ModuleSettings {
    this.create(id, changed(this.expect(id), change));
    return this.expect(id);
  }

  /** All settings at once; what the module is stays. */
  replace(id: string, settings: ModuleSettings): void {
    this.create(id, replaced(id, this.expect(id), settings));
  }

  /** From the other node: taken when it is newer. Answers whether this module was removed here meanwhile. */
  offer(id: string, settings: ModuleSettings): "taken" | "kept" | "removed" {
    if (this.removals().includes(settings.uuid)) return "removed";
    const own = this.settings(id);
    if (own !== undefined && (own.uuid !== settings.uuid || own.revision >= settings.revision)) return "kept";
    this.create(id, settings);
    return "taken";
  }

  private modified(id: ModuleId): number | undefined {
    return statSync(moduleFile(this.paths, id), { throwIfNoEntry: false })?.mtimeMs;
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
