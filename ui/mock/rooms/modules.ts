// SPDX-License-Identifier: Apache-2.0
// A module's settings, its two copies, what a command would do, and the comparison of both copies.

import type {
  Copies,
  CopyView,
  Figures,
  ModuleChange,
  ModuleView,
  Preview,
  VerifyRequest,
} from "../../../core/api/contract.js";
import { moduleVerbs, type ModuleVerb } from "../../../core/base/vocabulary.js";
import { bytesText } from "../../../core/describe/words/words.js";
import { uuid } from "../world/chance.js";
import { refuse } from "../world/refusal.js";
import { takeOverSeconds } from "../world/sentences.js";
import { isProtected } from "../world/status.js";
import { verifyBytesPerSecond, type Copy, type MockModule } from "../world/types.js";
import { activeCopy, copyOn, otherCopy, type World } from "../world/world.js";
import { presentOf } from "./figures.js";
import { refusalOf } from "./verbs.js";

export function moduleView(world: World, module: MockModule): ModuleView {
  return { id: module.id, xml: xmlOf(world, module), warnings: [], settings: { ...module.settings } };
}

function xmlOf(world: World, { id, settings: own }: MockModule): string {
  const { vm, nodes } = own;
  const flag = (value: boolean): string => (value ? "on" : "off");
  const dir = vm.folder;
  return `<safe format="1">
  <service mode="mirror" uuid="${uuid(world.seed, `module ${id}`)}" revision="3" index="${own.index}"
           defaultprim="${own.defaultPrim}" failover="${flag(own.failover)}" boot="${flag(own.boot)}"
           maxloop="${own.maxLoop}" loop_interval="${own.loopIntervalHours}">
    <vm id="${vm.id}" name="${escaped(vm.name)}" folder="${dir}"/>
    <nodes>${nodes.map((node) => `<node name="${node}"/>`).join("")}</nodes>
    <rfs async="${own.acknowledge === "received" ? "second" : "none"}">
      <replicated dir="${dir}" mode="read_only"/>
    </rfs>
    <user stop="${own.stop}" nicestoptimeout="${own.niceStopSeconds}" forcestoptimeout="300"/>
  </service>
</safe>
`;
}

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

export function changeModule(world: World, module: MockModule, change: ModuleChange): ModuleView {
  const { settings } = module;
  const { pin, defaultPrim, apart, ...rest } = change;
  const names = settings.nodes;
  if (pin !== undefined && pin !== "" && !names.includes(pin)) throw refuse("GEMEL-4012", "pin", pin);
  if (defaultPrim !== undefined && !["alone", "lastprim", ...names].includes(defaultPrim)) {
    const rule = `It is alone, lastprim or a node: ${names.join(", ")}.`;
    throw refuse("GEMEL-4008", "defaultPrim", rule);
  }
  Object.assign(settings, rest);
  if (pin !== undefined) settings.pin = pin === "" ? null : pin;
  if (apart !== undefined) settings.apart = apart === "" ? null : apart;
  if (defaultPrim !== undefined) settings.defaultPrim = defaultPrim;
  return moduleView(world, module);
}

export function replaceModule(world: World, module: MockModule, xml: string): ModuleView {
  const tags = [...xml.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)];
  const open: string[] = [];
  for (const [, closing, name = "", empty] of tags) {
    if (closing === "/" && open.pop() !== name) throw wrongLine(module.id, xml, `</${name}> closes nothing`);
    if (closing === "" && empty === "") open.push(name);
  }
  if (tags[0]?.[2] !== "safe") throw wrongLine(module.id, xml, "the outermost element must be <safe>");
  if (open.length > 0) throw wrongLine(module.id, xml, `<${open.at(-1) ?? ""}> is not closed`);
  return moduleView(world, module);
}

const wrongLine = (where: string, xml: string, reason: string): Error =>
  refuse("GEMEL-4006", where, `Line ${Math.min(3, xml.split("\n").length)}: ${reason}.`);

export function verify(module: MockModule, { repair }: VerifyRequest): { started: true } {
  if (!isProtected(module)) throw refuse("GEMEL-1004", module.id, "Verifying needs both copies in sync.");
  if (module.verify !== null) throw refuse("GEMEL-1010", module.id);
  module.verify = { done: 0, repair: repair === true };
  return { started: true };
}

export function verifyOneSecond(world: World, module: MockModule): void {
  if (module.verify === null) return;
  module.verify.done += verifyBytesPerSecond;
  if (module.verify.done < module.size.allocated) return;
  module.verify = null;
  module.lastVerify = { at: world.clock.wall(), differingBytes: 0, repairedBytes: 0 };
  const active = activeCopy(module)?.node ?? module.copies[0].node;
  world.record({
    node: active,
    kind: "log",
    module: module.id,
    rule: "verify",
    sentence: "Both copies were compared: they are equal.",
    inputs: { bytes: module.size.allocated, differing: 0 },
    outcome: "equal",
  });
}

export function figuresOfMirror(world: World, module: MockModule, node: string): Figures {
  const copy = copyOn(module, node);
  const figures = presentOf(world, module);
  const seconds = world.now / 1000;
  if (copy.state === "STOP" || !world.host(node).heard) {
    return { module: module.id, node, mirror: null, status: null };
  }
  return {
    module: module.id,
    node,
    mirror: {
      writeLatency: { whole: [], local: [], peer: [] },
      writes: Math.round(figures.writesPerSecond * seconds),
      reads: 0,
      flushes: Math.round((figures.writesPerSecond * seconds) / 12),
      bytesWritten: Math.round(figures.bytesWrittenPerSecond * seconds),
      bytesRead: Math.round(figures.bytesReadPerSecond * seconds),
      inFlight: figures.inFlight,
      dirtyBytes: figures.dirtyBytes,
      hotExtents: 12,
      resyncBytesSent: module.resync?.sent ?? 0,
      resyncBytesHashed: module.resync?.hashed ?? 0,
      resyncBytesDiffering: module.resync?.sent ?? 0,
      resyncBytesHot: 0,
      guestPauseMaxMs: 0,
    },
    status: { generation: copy.generation, session: copy.session, inSync: isProtected(module) },
  };
}

const restarting: readonly ModuleVerb[] = ["restart", "stopstart", "swap"];
const isVerb = (text: string): text is ModuleVerb => moduleVerbs.some((verb) => verb === text);

export interface PreviewQuery {
  readonly verb?: string;
  readonly node?: string;
  readonly keep?: string;
}

export function previewOf(
  world: World,
  module: MockModule,
  { verb = "", node, keep }: PreviewQuery,
): Preview {
  if (!isVerb(verb)) throw refuse("GEMEL-4008", "verb", `It is one of ${moduleVerbs.join(", ")}.`);
  const place = { ...(node !== undefined && { node }), ...(keep !== undefined && { keep }) };
  const refused = refusalOf(world, module, { verb, ...place });
  const frame = { module: module.id, verb };
  if (refused !== null) {
    const { message: why } = refused.body;
    return { ...frame, allowed: false, why, guestRestarts: false, downtimeSeconds: null, sentences: [] };
  }
  const restarts = restarting.includes(verb) && activeCopy(module) !== undefined;
  return {
    ...frame,
    allowed: true,
    why: "",
    guestRestarts: restarts,
    downtimeSeconds: restarts ? takeOverSeconds(module) - 3 : verb === "start" ? 0 : null,
    sentences: sentencesFor(world, module, verb, keep ?? node),
  };
}

function sentencesFor(
  world: World,
  module: MockModule,
  verb: ModuleVerb,
  target: string | undefined,
): readonly string[] {
  const { name } = module.settings.vm;
  const active = activeCopy(module);
  const here = active?.node ?? target ?? module.copies[0].node;
  const there = otherCopy(module, here).node;
  const words: Readonly<Record<ModuleVerb, readonly string[]>> = {
    start: [`${name} starts on the host whose copy is the latest; the other host follows.`],
    stop: [
      `${name} is shut down on ${here}; nobody takes over.`,
      "Both copies stay equal; start it again when you want.",
    ],
    restart: [`${name} is shut down and started again on ${here}.`, "Both copies stay equal meanwhile."],
    stopstart: [
      `${name} is shut down on ${here}, and ${there} takes over.`,
      `${here} is started again and follows.`,
    ],
    swap: [
      `${name} is shut down on ${here} and started on ${there}.`,
      "Both copies stay equal: nothing is copied, nothing is lost.",
      `Until it runs again, a loss of ${there} would bring it back on ${here}.`,
    ],
    prim: [
      `${target ?? here}'s copy goes on, whatever the other one holds.`,
      ...lossSentences(world, module, target),
    ],
    second: [`${target ?? there} follows and never starts the VM by itself.`],
    resolve: [`${target ?? here}'s copy goes on.`, ...lossSentences(world, module, target)],
  };
  return words[verb];
}

function lossSentences(world: World, module: MockModule, target: string | undefined): string[] {
  if (target === undefined) return [];
  const lost = copyView(world, module, otherCopy(module, target));
  const differing = lost.differingBytes === null ? "" : ` (${bytesText(lost.differingBytes)} differ)`;
  return [`What only ${lost.node} has written is not in it${differing}; that copy is kept, startable.`];
}

export function copiesOf(world: World, module: MockModule): Copies {
  return {
    module: module.id,
    conflict: module.conflict,
    copies: module.settings.nodes.map((node) => copyView(world, module, copyOn(module, node))),
    afterwards: `The losing copy is kept beside it as ${module.id}.kept-G until somebody discards it.`,
  };
}

function copyView(world: World, module: MockModule, copy: Copy): CopyView {
  const host = world.host(copy.node);
  const other = otherCopy(module, copy.node);
  const differs = module.conflict ? (copy.node < other.node ? 1.4 : 0.3) * 1024 ** 3 : module.dirty;
  return {
    node: copy.node,
    live: host.heard,
    state: copy.state,
    upToDate: copy.upToDate,
    generation: copy.generation,
    session: copy.session,
    ...(copy.alone !== undefined && {
      alone: {
        from: world.clock.wall(copy.alone.from),
        ...(copy.alone.to !== undefined && { to: world.clock.wall(copy.alone.to) }),
      },
    }),
    lastWrite: world.clock.wall(copy.vm === "on" ? world.now - 400 : copy.lastWrite),
    sizeBytes: module.size.allocated,
    differingBytes: host.heard ? Math.round(differs) : null,
    ifKept: keptSentence(world, other),
  };
}

function keptSentence(world: World, other: Copy): string {
  if (other.alone === undefined) return "Nothing is lost.";
  const minutes = Math.max(1, Math.round(((other.alone.to ?? world.now) - other.alone.from) / 60_000));
  return `Lost: what ${other.node} wrote alone in ${minutes} min.`;
}
