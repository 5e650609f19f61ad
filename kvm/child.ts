// SPDX-License-Identifier: Apache-2.0
// A process of its own around the libvirt binding (R33): the binding runs its calls on libuv's thread pool,
// where four calls that wait for a stopped QEMU would keep the daemon from writing its own files. Here they
// can only hold up this process, and session.ts kills it at the call's limit.
//
// JSON lines: a ChildRequest on stdin, a ChildReply on stdout, one after the other. Only calls that libvirtd
// answers without asking QEMU are offered. When the connection is gone the process ends; the next request
// starts a new one.

import { createInterface } from "node:readline";
import { Hypervisor } from "@unraid/libvirt";

export type ChildCall =
  | { readonly do: "list" }
  | { readonly do: "definition"; readonly vm: string; readonly inactive: boolean }
  | { readonly do: "define"; readonly xml: string };

export interface ChildRequest {
  readonly id: number;
  readonly uri: string;
  readonly call: ChildCall;
}

export type ChildReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string };

/** One VM as the binding lists it; `state` is libvirt's virDomainState. */
export interface ListedVm {
  readonly id: string;
  readonly name: string;
  readonly state: number;
  readonly memoryKib: number;
  readonly vcpus: number;
  readonly autostart: boolean;
  readonly saved: boolean;
  readonly snapshots: boolean;
  /** Its definition goes with its process. */
  readonly isTransient: boolean;
}

/** libvirt's flags by value: the binding's own are `const` objects that its types do not show as numbers. */
const listFlags = { all: 0, transient: 8, saved: 256, autostart: 1024, snapshots: 4096 } as const;
/**
 * With its secrets: SECURE, and SECURE | INACTIVE, which the binding's enum of single flags does not know.
 */
const definitionFlags = { live: 1 as never, stored: 3 as never } as const;

let connection: Hypervisor | undefined;

async function connected(uri: string): Promise<Hypervisor> {
  if (connection !== undefined) return connection;
  const opened = new Hypervisor({ uri });
  await opened.connectOpen();
  connection = opened;
  return opened;
}

async function answer(call: ChildCall, hypervisor: Hypervisor): Promise<unknown> {
  switch (call.do) {
    case "list":
      return list(hypervisor);
    case "definition": {
      const domain = await hypervisor.domainLookupByUUIDString(call.vm);
      return domain.getXMLDesc(call.inactive ? definitionFlags.stored : definitionFlags.live);
    }
    case "define": {
      const domain = await hypervisor.domainDefineXML(call.xml);
      return domain.getUUIDString();
    }
  }
}

async function list(hypervisor: Hypervisor): Promise<ListedVm[]> {
  const [all, transient, autostart, saved, snapshots] = [
    await hypervisor.connectListAllDomains(listFlags.all as never),
    await idsWith(hypervisor, listFlags.transient as never),
    await idsWith(hypervisor, listFlags.autostart as never),
    await idsWith(hypervisor, listFlags.saved as never),
    await idsWith(hypervisor, listFlags.snapshots as never),
  ];
  const listed: ListedVm[] = [];
  for (const domain of all) {
    const facts = await factsOf(domain);
    if (facts === undefined) continue;
    const { id } = facts;
    listed.push({
      ...facts,
      autostart: autostart.has(id),
      saved: saved.has(id),
      snapshots: snapshots.has(id),
      isTransient: transient.has(id),
    });
  }
  return listed;
}

type Facts = Pick<ListedVm, "id" | "name" | "state" | "memoryKib" | "vcpus">;
type Domain = Awaited<ReturnType<Hypervisor["connectListAllDomains"]>>[number];

/** Undefined: it was undefined since it was listed. That is no failure of the others. */
async function factsOf(domain: Domain): Promise<Facts | undefined> {
  try {
    const [id, name, info] = [await domain.getUUIDString(), await domain.getName(), await domain.getInfo()];
    return { id, name, state: info.state, memoryKib: info.maxMem, vcpus: info.nrVirtCpu };
  } catch (error) {
    if (error instanceof Error && /domain not found|no domain with matching/i.test(error.message))
      return undefined;
    throw error;
  }
}

async function idsWith(hypervisor: Hypervisor, flag: never): Promise<Set<string>> {
  const found = await hypervisor.connectListAllDomains(flag);
  const ids = new Set<string>();
  for (const domain of found) ids.add(await domain.getUUIDString());
  return ids;
}

async function serve(line: string): Promise<void> {
  const request = JSON.parse(line) as ChildRequest;
  try {
    const value = await answer(request.call, await connected(request.uri));
    reply({ id: request.id, ok: true, value });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    reply({ id: request.id, ok: false, error: text });
    // A lost connection does not heal by itself; a fresh process does.
    if (/connect|socket|end of file|broken pipe|data:/i.test(text)) process.exit(0);
  }
}

function reply(message: ChildReply): void {
  process.stdout.write(JSON.stringify(message) + "\n");
}

let turn = Promise.resolve();
createInterface({ input: process.stdin })
  .on("line", (line) => void (turn = turn.then(() => serve(line))))
  .on("close", () => process.exit(0));
