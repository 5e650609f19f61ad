// SPDX-License-Identifier: Apache-2.0
// What the fake hypervisor keeps of a VM instead of libvirt's XML: enough that paths can be rewritten, and
// what is unknown in between stays.

/** One of the VMs that a test gives a daemon in a file. */
export interface FakeVmFile {
  readonly name: string;
  readonly disks: readonly string[];
}

/** The whole definition of a fake VM; what is unknown in between survives a rewrite. */
export const fakeDefinition = (id: string, name: string, disks: readonly string[]): string =>
  `<domain><name>${escaped(name)}</name><uuid>${id}</uuid><memory>67108864</memory>${disks
    .map((disk, index) => `<disk target="vd${String.fromCharCode(97 + index)}" path="${disk}"/>`)
    .join("")}</domain>`;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
export const unescaped = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&amp;", "&");

export const idOf = (definition: string): string => /<uuid>([^<]*)</.exec(definition)?.[1] ?? "";
export const nameOf = (definition: string): string => /<name>([^<]*)</.exec(definition)?.[1] ?? "";

export function disksOf(definition: string): readonly { readonly target: string; readonly path: string }[] {
  return [...definition.matchAll(/<disk target="([^"]*)" path="([^"]*)"\/>/g)].map(
    ([, target = "", path = ""]) => ({ target, path }),
  );
}
