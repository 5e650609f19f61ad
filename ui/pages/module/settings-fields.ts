// SPDX-License-Identifier: Apache-2.0
// What the settings of a module mean, for a person who has not read the manual.

import type { ModuleView } from "../../../core/api/contract.js";
import type { FieldName } from "./settings-form.js";

export interface SettingsField {
  readonly name: FieldName;
  readonly label: string;
  readonly help: string;
  readonly isNumber: boolean;
  /** Absent: typed. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
}

const chosen = (
  name: FieldName,
  label: string,
  help: string,
  choices: SettingsField["choices"],
): SettingsField => ({
  name,
  label,
  help,
  isNumber: false,
  ...(choices !== undefined && { choices }),
});

const typed = (name: FieldName, label: string, help: string, isNumber: boolean): SettingsField => ({
  name,
  label,
  help,
  isNumber,
});

const choice = (value: string, label: string): { readonly value: string; readonly label: string } => ({
  value,
  label,
});

const onOff = (on: string, off: string): SettingsField["choices"] => [choice("on", on), choice("off", off)];

export function settingsFieldsOf({ settings }: ModuleView): SettingsField[] {
  const nodes = settings.nodes.map((node) => choice(node, node));
  return [
    chosen(
      "defaultPrim",
      "Where it belongs",
      "After a failure is repaired, the VM goes home by itself or stays.",
      [
        choice("alone", "Wherever it runs"),
        choice("lastprim", "Where it ran last"),
        ...nodes.map(({ value }) => choice(value, `Home is ${value}`)),
      ],
    ),
    chosen(
      "failover",
      "Automatic failover",
      "Off: when the host dies, a person starts it on the other one.",
      onOff("On", "Off: a person decides"),
    ),
    chosen(
      "boot",
      "Start with the host",
      "Whether the module starts when the host has booted.",
      onOff("On", "Off"),
    ),
    chosen(
      "acknowledge",
      "A write is done when",
      "In both cases a flush waits for stable storage on both hosts.",
      [
        choice("written", "the other host has written it"),
        choice("received", "the other host has received it"),
      ],
    ),
    chosen("stop", "How the guest is stopped", "What a stop or a swap asks of the guest.", [
      choice("shutdown", "Shut down"),
      choice("save", "Save its memory"),
      choice("off", "Switch off"),
    ]),
    typed("niceStopSeconds", "Time to shut down, seconds", "After that it is switched off.", true),
    typed("forceStopSeconds", "Time to switch off, seconds", "After that its process is ended.", true),
    chosen(
      "powerOff",
      "When it is switched off inside",
      "Somebody shuts the guest down with its own means. After a crash it is always started again.",
      [choice("stop", "The module stops on both hosts"), choice("restart", "It is started again")],
    ),
    typed(
      "maxLoop",
      "Automatic restarts at most",
      "One more within the time beside, and the module stops.",
      true,
    ),
    typed("loopIntervalHours", "… within hours", "The time in which restarts are counted.", true),
    typed("resyncCap", "Cap of reintegration, MiB/s", "Empty: none; guests always come first.", true),
    chosen("pin", "Balance leaves it on", "A pinned VM is never proposed for another host.", [
      choice("", "either host"),
      ...nodes,
    ]),
    typed(
      "apart",
      "Group kept apart",
      "No two VMs of one group are placed on the same host. Empty: none.",
      false,
    ),
  ];
}
