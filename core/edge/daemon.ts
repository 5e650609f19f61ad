// SPDX-License-Identifier: Apache-2.0
// The daemon as a process. Its API's side is here: the ways in, people, history, metrics; the running node is
// beyond the port (port.ts). Comes up without a cluster (unix socket only) and takes one up while running.

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Caller } from "../api/caller.js";
import type { Status } from "../api/contract.js";
import type { ApiDoor } from "../api/door.js";
import { LiveStream } from "../api/live.js";
import { ApiServer, buildApplication } from "../api/server.js";
import { GemelError } from "../base/errors.js";
import { keepStatusEveryMs } from "../base/limits/edge.js";
import { nodeName, type NodeName } from "../base/units.js";
import type { AlarmFacts } from "../describe/alarm/alarms.js";
import { Access } from "./access/access.js";
import { readConsole } from "./access/certificates.js";
import { keptPasswords } from "./access/password.js";
import { Users } from "./access/users.js";
import { answersOf } from "./calls/door.js";
import { settingsOf, type AskedDaemon, type Founding } from "./calls/rooms.js";
import { bootClock, wallClock } from "./clock.js";
import { holderOf } from "./cluster/authority.js";
import { readCard, withNames } from "./cluster/membership-card.js";
import { gemelVersion } from "./cluster/version.js";
import { certifiedNames, nodeOf, peersOf, type ClusterConfig } from "./config/cluster-file.js";
import { ClusterSettings, isSameCluster } from "./config/cluster-settings.js";
import type { ModuleSettings } from "./config/module-file.js";
import type { Paths } from "./config/paths.js";
import { foundingOf } from "./founding.js";
import { MetricsCollector } from "./metrics/collector.js";
import { measuredRooms } from "./metrics/load.js";
import type { Member } from "./network/cluster-network.js";
import { acceptControl } from "./network/control-connection.js";
import { NodeSide, withoutCluster, type NodeSideEdge } from "./node-side.js";
import { askOver, tellOver, type AskNode, type NodeNews, type NodeSnapshot } from "./port.js";
import { durableText } from "./record/durable-file.js";
import { History } from "./record/history.js";
import { KeptFile } from "./record/kept-file.js";
import { Reserve } from "./record/reserve.js";

export interface DaemonOptions extends Pick<
  NodeSideEdge,
  "paths" | "hypervisor" | "arbiters" | "fence" | "protection" | "failed"
> {
  readonly log: (message: string, more?: object) => void;
}

const statusFormat = 1;

/** What there is once there is a cluster. */
interface Entered {
  readonly member: Member;
  readonly access: Access;
  readonly metrics: MetricsCollector;
}

export class Daemon implements AskedDaemon {
  readonly paths: Paths;
  readonly history: History;
  readonly ask: AskNode;
  readonly founding: Founding;
  readonly door: ApiDoor;
  readonly wallClock = wallClock;
  private readonly reserve: Reserve;
  private readonly clusterSettings: ClusterSettings;
  private readonly live = new LiveStream();
  private readonly incarnation = randomUUID();
  private entered: Entered | undefined;
  private snapshot: NodeSnapshot | undefined;
  private server: ApiServer | undefined;
  private keeping: NodeJS.Timeout | undefined;
  private isEntering = false;
  /** As last told: what a reader of the live stream begins with. */
  private told = withoutCluster();
  /** For the CLI while the daemon is silent. */
  private readonly lastStatus: KeptFile;

  constructor(options: DaemonOptions) {
    this.paths = options.paths;
    this.lastStatus = new KeptFile(options.paths.lastStatus, (reason) =>
      options.log("The last status could not be written.", { reason }),
    );
    // The first of all: whatever finds the disk full at the start needs it.
    this.reserve = new Reserve(options.paths.state, this.said);
    this.clusterSettings = new ClusterSettings(options.paths, this.said);
    this.history = new History(
      options.paths.history,
      (entry) => {
        this.live.publish({ kind: "history", entry });
        const { kind, module, rule, sentence, outcome } = entry;
        options.log(sentence, { kind, module, rule, outcome });
      },
      this.said,
    );
    const tell = tellOver((news) => this.hear(news));
    this.ask = askOver(new NodeSide({ ...options, incarnation: this.incarnation, tell }).desk);
    this.founding = foundingOf(this);
    this.door = this.openDoor();
  }

  async start(): Promise<void> {
    const app = await buildApplication(this.door, gemelVersion);
    this.server = new ApiServer(app, (request, socket, head) =>
      acceptControl(request, socket, head, {
        incarnation: () => (this.clustered ? this.incarnation : undefined),
        peerOf: (certificate) => this.peerOf(certificate),
        heard: (from, line) => this.ask("heard", from, line),
        refused: (from, why) => void this.ask("refuse", from, why),
      }),
    );
    await this.server.openLocal(this.paths.socket);
    const member = await this.readMember();
    if (member !== undefined) await this.enter(member);
    this.keeping = setInterval(() => {
      void this.followClusterFile();
      void this.keepStatus();
      void this.reserve.keep();
    }, keepStatusEveryMs);
  }

  /** Lets go: guests and mirrors run on. */
  async stop(): Promise<void> {
    clearInterval(this.keeping);
    await this.keepStatus();
    this.entered?.metrics.stop();
    await this.ask("stop");
    await this.server?.close();
    this.entered?.access.close();
    this.history.close();
  }

  /** Takes up a cluster: at the start, after init, after join. */
  async enter(member: Member): Promise<void> {
    const { paths } = this;
    this.entered?.metrics.stop();
    this.entered?.access.close();
    await this.ask("enter", member);
    const users = new Users({
      shared: () => this.seen.shared,
      set: (name, value) => this.ask("share", "user", name, value),
      now: wallClock,
      passwords: keptPasswords,
    });
    const access = new Access({
      paths,
      member: () => this.member,
      users,
      now: bootClock,
      serve: (pair) => this.server?.showBrowsers(pair),
      said: this.said,
    });
    this.entered = {
      member,
      access,
      metrics: new MetricsCollector(measuredRooms(this, member), paths, this.live),
    };
    await this.openSecure(member);
  }

  async reconfigure(config: ClusterConfig): Promise<void> {
    this.entered = { ...this.inCluster, member: { ...this.member, config } };
    await this.ask("reconfigure", config);
  }

  get clustered(): boolean {
    return this.entered !== undefined;
  }

  get node(): NodeName {
    return this.entered?.member.card.node ?? nodeName(hostname());
  }

  get member(): Member {
    return this.inCluster.member;
  }

  get config(): ClusterConfig {
    return this.member.config;
  }

  get access(): Access {
    return this.inCluster.access;
  }

  get metrics(): MetricsCollector {
    return this.inCluster.metrics;
  }

  get seen(): NodeSnapshot {
    if (this.snapshot === undefined) throw new GemelError("GEMEL-4001", this.node);
    return this.snapshot;
  }

  async status(): Promise<Status> {
    return await this.ask("status", this.unwritable());
  }

  log(sentence: string, outcome: string): void {
    const entry = { kind: "log", module: null, rule: "", sentence, inputs: {}, outcome } as const;
    this.history.add({ at: wallClock(), node: this.node, ...entry });
  }

  settings(module: string): ModuleSettings {
    return settingsOf(this, module);
  }

  /** What a file of the daemon's own has to say; later, since the history may be the one that says it. */
  private readonly said = (sentence: string, outcome: string): void => {
    setImmediate(() => this.log(sentence, outcome));
  };

  private get inCluster(): Entered {
    if (this.entered === undefined) throw new GemelError("GEMEL-4001", this.node);
    return this.entered;
  }

  private hear(news: NodeNews): void {
    switch (news.kind) {
      case "snapshot":
        this.snapshot = news.snapshot;
        return;
      case "status":
        this.told = news.status;
        return this.live.publish(news);
      case "entry":
        return this.history.add(news.entry);
      case "figures":
        return this.entered?.metrics.hear(news.from, news.figures);
    }
  }

  private openDoor(): ApiDoor {
    return {
      judge: (certificate) => this.holder(certificate),
      access: () => this.entered?.access,
      audit: (caller, what, module, outcome) => this.audit(caller, what, module, outcome),
      subscribe: (lastId, listener) =>
        this.live.subscribe(lastId, () => ({ kind: "status", status: this.told }), listener),
      ready: (id) => this.snapshot?.ready.some((one) => one === id) === true,
      answers: answersOf(this),
    };
  }

  private holder(certificate: Buffer): ReturnType<typeof holderOf> {
    return this.entered && holderOf(certificate, this.member.card.authority.certificate);
  }

  private peerOf(certificate: Buffer): NodeName | undefined {
    const holder = this.holder(certificate);
    if (holder?.kind !== "node") return undefined;
    return peersOf(this.config, this.node).find(({ name }) => name === holder.name)?.name;
  }

  private audit(caller: Caller, what: string, module: string | null, outcome: string): void {
    const role = caller.kind === "nobody" ? {} : { role: caller.role };
    const inputs = { by: caller.name, from: caller.address, as: caller.kind, ...role };
    const entry = { kind: "audit", module, rule: "command", sentence: what, inputs, outcome } as const;
    this.history.add({ at: wallClock(), node: this.node, ...entry });
  }

  private async readMember(): Promise<Member | undefined> {
    const card = readCard(this.paths);
    const config = this.readCluster(card?.node);
    if (config === undefined || card === undefined) return undefined;
    const own = nodeOf(config, card.node);
    const names = own === undefined ? [] : certifiedNames(own);
    // A certificate that lacks a name is worth more than no daemon.
    const named = await withNames(this.paths, card, names).catch((error: unknown) => {
      this.said("The node's certificate could not be issued anew.", (error as Error).message);
      return card;
    });
    return { config, card: named };
  }

  /** Whether it can be read is told, whatever it says. */
  private readCluster(self: NodeName | undefined): ClusterConfig | undefined {
    const before = this.clusterSettings.fault;
    const config = this.clusterSettings.read(self);
    const { fault } = this.clusterSettings;
    if (fault !== before) void this.ask("misread", fault);
    return config;
  }

  /** What a person has edited, or mended, counts without a restart. */
  private async followClusterFile(): Promise<void> {
    if (!this.clustered) {
      if (this.clusterSettings.fault === undefined || this.isEntering) return;
      this.isEntering = true;
      const member = await this.readMember();
      if (member !== undefined) await this.enter(member);
      this.isEntering = false;
      return;
    }
    const config = this.readCluster(this.node);
    if (config !== undefined && !isSameCluster(config, this.config)) await this.reconfigure(config);
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
      peers: (address) =>
        peersOf(this.config, card.node).some((peer) => [...peer.addresses.values()].includes(address)),
    });
  }

  private unwritable(): AlarmFacts["unwritable"] {
    const troubles = { history: this.history.trouble, figures: this.entered?.metrics.trouble };
    return Object.entries(troubles).flatMap(([what, why]) => (why === undefined ? [] : [{ what, why }]));
  }

  private async keepStatus(): Promise<void> {
    this.told = await this.status();
    await this.lastStatus.write(durableText(statusFormat, this.told));
  }
}
