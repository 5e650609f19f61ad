// SPDX-License-Identifier: Apache-2.0
// The daemon as a process: history, the API's ways in, and the running node once there is a cluster. Comes up
// without one (unix socket only), takes one up while running, and tells the world of every change, a few
// times a second at most.

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Access } from "./access/access.js";
import { readConsole } from "./access/certificates.js";
import type { Caller } from "../api/caller.js";
import type { Status } from "../api/contract.js";
import { LiveStream } from "../api/live.js";
import { ApiServer, buildApplication } from "../api/server.js";
import { GemelError } from "../base/errors.js";
import { readCard, withNames } from "./cluster/membership-card.js";
import { gemelVersion } from "./cluster/version.js";
import { certifiedNames, nodeOf, type ClusterConfig } from "./config/cluster-file.js";
import { readClusterFile } from "./config/files.js";
import type { Paths } from "./config/paths.js";
import { History, type NewEntry } from "./record/history.js";
import { Reserve } from "./record/reserve.js";
import { acceptControl } from "./network/control-connection.js";
import type { Hypervisor } from "../ports/hypervisor.js";
import { durableText } from "./record/durable-file.js";
import { KeptFile } from "./record/kept-file.js";
import { bootClock, wallClock } from "./clock.js";
import { openDoor } from "./calls/door.js";
import type { Member } from "./network/cluster-network.js";
import { ClusterNode, type ClusterNodeEdge } from "./cluster-node.js";
import { statusTellEveryMs, keepStatusEveryMs, decisionsReadMax } from "../base/limits/edge.js";

export interface DaemonOptions {
  readonly paths: Paths;
  readonly hypervisor: (node: string) => Hypervisor;
  readonly arbiters: ClusterNodeEdge["arbiters"];
  readonly protection: ClusterNodeEdge["protection"];
  readonly log: (message: string, more?: object) => void;
  /** Ends the process: what cannot be decided safely must not go on. */
  readonly failed: (error: unknown) => void;
}

const statusFormat = 1;

export class Daemon {
  readonly paths: Paths;
  readonly history: History;
  readonly live = new LiveStream();
  private readonly reserve: Reserve;
  private readonly incarnation = randomUUID();
  private readonly startedAt = bootClock();
  private present: ClusterNode | undefined;
  private people: Access | undefined;
  private server: ApiServer | undefined;
  private leaving = false;
  private telling: NodeJS.Timeout | undefined;
  private keeping: NodeJS.Timeout | undefined;
  private told = "";
  /** For the CLI while the daemon is silent. */
  private readonly lastStatus: KeptFile;

  constructor(private readonly options: DaemonOptions) {
    this.paths = options.paths;
    this.lastStatus = new KeptFile(options.paths.lastStatus, (reason) =>
      options.log("The last status could not be written.", { reason }),
    );
    // The first of all: whatever finds the disk full at the start needs it.
    this.reserve = new Reserve(options.paths.state, this.said);
    this.history = new History(
      options.paths.history,
      (entry) => {
        this.live.publish({ kind: "history", entry });
        const { kind, module, rule, sentence, outcome } = entry;
        options.log(sentence, { kind, module, rule, outcome });
      },
      this.said,
    );
  }

  async start(): Promise<void> {
    const door = openDoor(this);
    const app = await buildApplication(door, gemelVersion);
    this.server = new ApiServer(app, (request, socket, head) =>
      acceptControl(request, socket, head, {
        incarnation: () => (this.present === undefined ? undefined : this.incarnation),
        turns: () => this.present?.network.turns === true,
        peerOf: (certificate) => this.present?.network.peerOf(certificate),
        heard: (from, line) => this.present?.network.heard(from, line),
        refused: (from, why) => this.present?.network.refuse(from, why),
      }),
    );
    await this.server.openLocal(this.paths.socket);
    const member = await this.readMember();
    if (member !== undefined) await this.enter(member);
    this.keeping = setInterval(() => {
      void this.keepStatus();
      void this.reserve.keep();
    }, keepStatusEveryMs);
  }

  /** Lets go: guests and mirrors run on. */
  async stop(): Promise<void> {
    // What ends now still reports changes; nobody is told of them.
    this.leaving = true;
    clearTimeout(this.telling);
    clearInterval(this.keeping);
    await this.keepStatus();
    this.present?.stop();
    await this.server?.close();
    this.people?.close();
    await this.present?.hypervisor.close();
    this.history.close();
  }

  /** Takes up a cluster: at the start, after init, after join. */
  async enter(member: Member): Promise<void> {
    const { paths, protection, failed } = this.options;
    this.present?.stop();
    this.present = new ClusterNode(
      {
        paths,
        incarnation: this.incarnation,
        startedAt: this.startedAt,
        hypervisor: this.options.hypervisor(member.card.node),
        arbiters: this.options.arbiters,
        protection,
        record: (entry) => this.record(entry),
        changed: () => this.changed(),
        stream: this.live,
        seen: {
          unwritable: () => this.unwritable(),
          decisions: (module) =>
            this.history.read({ module, kind: "decision", limit: decisionsReadMax }).reverse(),
        },
        failed,
      },
      member,
    );
    this.people?.close();
    const { running } = this;
    this.people = new Access({
      paths,
      member: () => running.member,
      shared: running.recordSync.record,
      now: bootClock,
      wallClock,
      serve: (pair) => this.server?.showBrowsers(pair),
      said: this.said,
    });
    await this.openSecure(member);
    this.changed();
  }

  get access(): Access | undefined {
    return this.people;
  }

  reconfigure(config: ClusterConfig): void {
    this.present?.reconfigure(config);
  }

  get running(): ClusterNode {
    if (this.present === undefined) throw new GemelError("GEMEL-4001", this.node);
    return this.present;
  }

  get clustered(): boolean {
    return this.present !== undefined;
  }

  get node(): string {
    return this.present?.node ?? hostname();
  }

  status(): Status {
    return this.present?.status() ?? this.withoutCluster();
  }

  holder(certificate: Buffer): ReturnType<ClusterNode["network"]["holder"]> {
    return this.present?.network.holder(certificate);
  }

  audit(caller: Caller, what: string, module: string | null, outcome: string): void {
    const role = caller.kind === "nobody" ? {} : { role: caller.role };
    const inputs = { by: caller.name, from: caller.address, as: caller.kind, ...role };
    this.record({ kind: "audit", module, rule: "command", sentence: what, inputs, outcome });
  }

  /** What a file of the daemon's own has to say; later, since the history may be the one that says it. */
  private readonly said = (sentence: string, outcome: string): void => {
    setImmediate(() => this.record({ kind: "log", module: null, rule: "", sentence, inputs: {}, outcome }));
  };

  private record(entry: Omit<NewEntry, "at" | "node">): void {
    this.history.add({ at: wallClock(), node: this.node, ...entry });
  }

  private async readMember(): Promise<Member | undefined> {
    const file = readClusterFile(this.paths);
    const card = readCard(this.paths);
    if (file.kind === "fault")
      throw new GemelError("GEMEL-4006", file.file, `Line ${file.line}: ${file.reason}.`);
    if (file.kind === "absent" || card === undefined) return undefined;
    const own = nodeOf(file.value, card.node);
    const names = own === undefined ? [] : certifiedNames(own);
    // A certificate that lacks a name is worth more than no daemon.
    const named = await withNames(this.paths, card, names).catch((error: unknown) => {
      this.said("The node's certificate could not be issued anew.", (error as Error).message);
      return card;
    });
    return { config: file.value, card: named };
  }

  private async openSecure({ config, card }: Member): Promise<void> {
    const own = nodeOf(config, card.node);
    const addresses = config.listen === "all" ? ["0.0.0.0"] : [...new Set(own?.addresses.values() ?? [])];
    const { certificate, privateKey } = card;
    await this.server?.openSecure({
      addresses,
      port: config.ports.api,
      node: { certificate, privateKey },
      authority: card.authority.certificate,
      console: readConsole(this.paths),
    });
  }

  private unwritable(): readonly { readonly what: string; readonly why: string }[] {
    const { trouble } = this.history;
    return trouble === undefined ? [] : [{ what: "history", why: trouble }];
  }

  private changed(): void {
    if (this.leaving) return;
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      const status = this.status();
      // The clock alone changes nothing.
      const picture = JSON.stringify({ ...status, at: "" });
      if (picture === this.told) return;
      this.told = picture;
      this.present?.network.tellViews();
      this.live.publish({ kind: "status", status });
    }, statusTellEveryMs);
  }

  private keepStatus(): Promise<void> {
    return this.lastStatus.write(durableText(statusFormat, this.status()));
  }

  private withoutCluster(): Status {
    return {
      format: 1,
      answeredBy: this.node,
      at: wallClock(),
      version: gemelVersion,
      cluster: null,
      arbiter: "none",
      nodes: [],
      modules: [],
      procedures: [],
      warnings: [],
      alarms: [],
      pause: null,
      sentence: "This node belongs to no cluster: gemel cluster init, or gemel cluster join TOKEN.",
    };
  }
}
