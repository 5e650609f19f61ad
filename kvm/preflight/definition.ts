// SPDX-License-Identifier: Apache-2.0
// Preflight of the definition as a text: whatever it holds must be known to the table (table/rows.ts), so
// that nothing which keeps data passes unseen. What libvirt learns in a later version is named here until a
// row says what becomes of it.

import type { Element } from "../definition/document.js";
import type { VmFacts } from "../translate.js";
import { blocks, warns, type Unplaced } from "./finding.js";
import { readByTable, type Item } from "./table/rows.js";

/** `leftOut`: targets of disks that stay behind, whatever is said of them. */
export function definitionFindings({ root }: VmFacts, leftOut: readonly string[]): readonly Unplaced[] {
  const { unknown } = readByTable(root, isLeftOut(leftOut));
  return [...unknown.map(unknownFinding), ...commandLineFindings(root)];
}

export const hostDeviceFindings = ({ hostDevices }: VmFacts): readonly Unplaced[] =>
  hostDevices.map((device) =>
    blocks(
      "GEMEL-5001",
      `The VM uses a ${device}, which is of one host and not of the other.`,
      "Remove it from the VM's definition.",
    ),
  );

export const isLeftOut =
  (leftOut: readonly string[]) =>
  (element: Element): boolean =>
    element.name === "disk" && leftOut.includes(element.find("target")?.get("dev") ?? "");

/** A new kind of device, or a new way to say where a disk lies, may hold data; a new CPU feature does not. */
function unknownFinding({ path, attribute, value }: Item): Unplaced {
  const what =
    attribute === undefined
      ? `<${path.split("/").at(-1) ?? path}>${value === "" ? "" : ` as ${value}`} in ${path}`
      : `${attribute}='${value}' of ${path}`;
  return /^(devices|os)(\/|$)/.test(path)
    ? blocks(
        "GEMEL-5001",
        `This version does not know ${what}, so it cannot tell whether data of the VM lies there.`,
        "Remove it from the VM's definition, or ask for a version of Gemel that knows it.",
      )
    : warns(
        "GEMEL-5001",
        `This version does not know ${what}; it goes along as it is.`,
        "Check that the libvirt of the other host understands it, too.",
      );
}

/** Switches of QEMU that open something of the host, or bring a device that may. */
const opening = /^-(?:drive|blockdev|hd[a-d]|cdrom|fd[ab]|sd|mtdblock|pflash|virtfs|fsdev|kernel|initrd)$/;

function commandLineFindings(root: Element): readonly Unplaced[] {
  const words = root
    .children("qemu:commandline")
    .flatMap((line) => line.children("qemu:arg"))
    .map((word) => word.get("value") ?? "");
  if (words.length === 0) return [];
  const opened = words.find(
    (word) => opening.test(word.replace(/^--/, "-")) || /(^|[=,:])\/(?!\/)/.test(word),
  );
  return [
    opened === undefined
      ? warns(
          "GEMEL-5001",
          `The definition passes words to QEMU unread: ${words.join(" ")}.`,
          "Check that the QEMU of the other host understands them, too.",
        )
      : blocks(
          "GEMEL-5001",
          `The definition gives QEMU a thing of this host past libvirt (${opened}); it is not replicated.`,
          "Describe it as a <disk> of the definition, and remove it from <qemu:commandline>.",
        ),
  ];
}
