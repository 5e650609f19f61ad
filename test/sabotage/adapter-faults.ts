// SPDX-License-Identifier: Apache-2.0
/** Faults of the adapter for libvirt, each noticed with a real libvirt. */
import type { ControlFault } from "./control-faults.js";

const kept = "test/contract/kvm-kept.test.ts";
const tpm = "test/contract/kvm-tpm.test.ts";

export const adapterFaults: readonly ControlFault[] = [
  {
    name: "saved-memory-is-dropped",
    rules: ["R108"],
    breaks: "memory that somebody had saved is thrown away at the next start",
    from: "const fits = await fitsTheDisks(places, vm, folder);",
    to: "const fits = false;",
    testFile: kept,
    test: "saved-memory-is-used-by-who-ran-last",
  },
  {
    name: "old-memory-meets-new-disks",
    rules: ["R108"],
    breaks: "saved memory is resumed above disks that another run has written to",
    from: 'own !== "" && last.ok && last.value === own',
    to: 'own !== ""',
    testFile: kept,
    test: "saved-memory-of-older-disks-is-kept-aside",
  },
  {
    name: "saved-memory-goes-with-the-vm",
    rules: ["R108"],
    breaks: "undefining a VM deletes memory that somebody had saved",
    from: "const memory = await keepMemory(edge, vm);",
    to: "const memory = done(undefined);",
    testFile: kept,
    test: "saved-memory-stays-when-the-vm-goes",
  },
  {
    name: "snapshots-stay-behind",
    rules: ["R108"],
    breaks: "descriptions of snapshots are on one host only",
    from: "return done(withTaken(definition.value, taken.value));",
    to: "return definition;",
    testFile: kept,
    test: "snapshots-and-checkpoints-travel-with-the-definition",
  },
  {
    name: "tpm-is-left-at-its-place",
    rules: ["R108"],
    breaks: "a TPM's state is where libvirt deletes it when it forgets the VM",
    from: "const taken = await takeTpmAway(places, vm);",
    to: "const taken = done(undefined);",
    testFile: tpm,
    test: "a-tpm-goes-into-the-folder-and-back",
  },
  {
    name: "tpm-elsewhere-unseen",
    rules: ["R31"],
    breaks: "a VM whose TPM keeps its state on one host is let run as protected",
    from: "return mount?.device === device ? undefined",
    to: "return true ? undefined",
    testFile: tpm,
    test: "a-tpm-past-the-mount-is-seen",
  },
];
