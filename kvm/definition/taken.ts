// SPDX-License-Identifier: Apache-2.0
// Snapshots and checkpoints of a protected VM (R108): their content lies in its disks and goes along, their
// descriptions are libvirt's own and of one host. So they travel inside the definition that the folder holds,
// under a <metadata> of our own, which libvirt itself never sees (docs/decisions/0026).

import { Element } from "./document.js";

const namespace = "urn:gemel:taken:1";
const elementName = "taken:of";

export const takenKinds = ["domainsnapshot", "domaincheckpoint"] as const;
export type TakenKind = (typeof takenKinds)[number];

export interface Taken {
  readonly kind: TakenKind;
  readonly description: Element;
  /** The one that the next is taken on. */
  readonly isCurrent: boolean;
}

export const nameOf = ({ description }: Taken): string => description.find("name")?.text() ?? "";

/** In the order in which they can be defined: what one stands on before it. */
export function withTaken(definition: string, taken: readonly Taken[]): string {
  const root = taken.length === 0 ? undefined : Element.parse(definition);
  if (root === undefined) return definition;
  const element = Element.create(elementName, { "xmlns:taken": namespace });
  for (const { description, isCurrent } of taken) {
    const one = Element.create("taken:one", { current: isCurrent ? "yes" : "no" });
    one.append(description.copy());
    element.append(one);
  }
  root.ensure("metadata").append(element);
  return root.toString();
}

/** What a definition brings along, and the same definition without it. */
export function splitTaken(from: Element): { readonly root: Element; readonly taken: readonly Taken[] } {
  const root = from.copy();
  const metadata = root.find("metadata");
  const element = metadata?.children(elementName)[0];
  if (metadata === undefined || element === undefined) return { root, taken: [] };
  metadata.remove(element);
  if (metadata.children().length === 0) root.remove(metadata);
  return { root, taken: element.children("taken:one").flatMap(readOne) };
}

function readOne(one: Element): readonly Taken[] {
  const isCurrent = one.get("current") === "yes";
  return takenKinds.flatMap((kind) =>
    one.children(kind).map((description) => ({ kind, description, isCurrent })),
  );
}
