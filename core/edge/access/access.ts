// SPDX-License-Identifier: Apache-2.0
// Everything about people coming in on this node, for the API: users, sessions, hand-over between nodes,
// certificates. Each request is judged by what the shared record says at that moment; a session holds no
// right of its own.

import type {
  CertificateRequest,
  CertificateView,
  HandOver,
  LoginRequest,
  PasswordChange,
  Role,
  Session,
} from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";
import { sessionIdleLimit } from "../../base/limits.js";
import { elapsed, instant, milliseconds, type Instant, type Milliseconds } from "../../base/units.js";
import type { MembershipCard } from "../cluster/membership-card.js";
import { consoleUrls, nodeOf, peersOf, type ClusterConfig } from "../config/cluster-file.js";
import type { Paths } from "../config/paths.js";
import { certificateViews, installConsole, removeConsole, type ConsolePair } from "./certificates.js";
import { LoginGuard } from "./login-guard.js";
import { csrfOf, isCsrf, Sessions } from "./sessions.js";
import { issueTicket, readTicket, ticketRefused } from "./ticket.js";
import type { User, Users } from "./users.js";

export interface AccessEdge {
  readonly paths: Paths;
  readonly member: () => { readonly config: ClusterConfig; readonly card: MembershipCard };
  readonly users: Users;
  readonly now: () => Instant;
  /** The console's certificate is another one from now on; undefined: the node's. */
  readonly serve: (pair: ConsolePair | undefined) => void;
  readonly said?: (sentence: string, outcome: string) => void;
}

/** Who came in by a session, and with which one. */
export interface Person {
  readonly session: string;
  readonly name: string;
  readonly role: Role;
}

/** A session just opened: what the page gets, and what only the cookie holds. */
export interface OpenedSession {
  readonly id: string;
  readonly session: Session;
}

export class Access {
  readonly users: Users;
  private readonly sessions: Sessions;
  private readonly guard: LoginGuard;

  constructor(private readonly edge: AccessEdge) {
    this.users = edge.users;
    this.sessions = new Sessions(edge.paths.sessions, edge.now, edge.said);
    this.guard = new LoginGuard(edge.now);
  }

  close(): void {
    this.sessions.close();
  }

  /**
   * Whose session this is. `idle`: how long nobody has touched the page that asks; undefined: the request is
   * the page's own doing (the live stream) and says nothing about a person.
   */
  person(id: string, idle: Milliseconds | undefined): Person | undefined {
    const row = this.sessions.find(id);
    if (row === undefined) return undefined;
    const user = this.users.find(row.user);
    if (user?.mark !== row.mark) {
      this.sessions.end(id);
      return undefined;
    }
    if (idle !== undefined) this.sessions.touch(id, instant(this.edge.now() - idle));
    return { session: id, name: user.name, role: user.role };
  }

  isCsrf(id: string, given: string): boolean {
    return isCsrf(id, given);
  }

  async login({ user, password }: LoginRequest, address: string): Promise<OpenedSession> {
    const found = await this.guard.judge(address, user, () => this.users.known(user, password));
    if (found === undefined) throw new GemelError("GEMEL-4015", "password");
    return this.entered(this.sessions.open(found.name, found.mark), found);
  }

  logout(id: string): void {
    this.sessions.end(id);
  }

  session({ session, name, role }: Person): Session {
    return this.sessionOf(name, role, csrfOf(session));
  }

  /** Of a caller that needs no session: a certificate, root. */
  sessionOf(user: string, role: Role, csrf = ""): Session {
    const { node } = this.edge.member().card;
    return { user, role, node, csrf, idleSecondsMax: sessionIdleLimit / 1000 };
  }

  async changeOwnPassword(person: Person, change: PasswordChange, address: string): Promise<void> {
    const { name } = person;
    const right = await this.guard.judge(address, name, () => this.users.known(name, change.old));
    if (right === undefined) throw new GemelError("GEMEL-4015", "old");
    this.sessions.mark(person.session, await this.users.changeOwn(name, change));
  }

  /** `cameBy`: the address by which the page reached this node; the others' of the same kind come first. */
  handOver({ session, name }: Person, cameBy: string): HandOver {
    const { config, card } = this.edge.member();
    const row = this.sessions.find(session);
    if (row === undefined) throw new GemelError("GEMEL-4013", name);
    const now = this.edge.now();
    const of = {
      user: name,
      mark: row.mark,
      ageMs: elapsed(row.began, now),
      idleMs: elapsed(row.touched, now),
    };
    const { text, expiresMs } = issueTicket(card, of, Date.now());
    return {
      ticket: text,
      expiresAt: new Date(expiresMs).toISOString(),
      nodes: this.others(config, card, cameBy),
    };
  }

  /** The other node's ticket for a session here. */
  takeOver(text: string): OpenedSession & { readonly name: string; readonly role: Role } {
    const { config, card } = this.edge.member();
    const nodes = config.nodes.map(({ name }) => name);
    const receiver = { self: card.node, nodes, authority: card.authority.certificate };
    const wallMs = Date.now();
    const ticket = readTicket(text, receiver, wallMs);
    const user = this.users.find(ticket.user);
    if (user?.mark !== ticket.mark) throw ticketRefused("The user is gone or has a new password.");
    if (!this.sessions.useTicket(ticket.id, ticket.expiresMs, wallMs))
      throw ticketRefused("It was used already.");
    const now = this.edge.now();
    const began = instant(now - ticket.ageMs);
    const id = this.sessions.open(user.name, user.mark, { began, touched: instant(now - ticket.idleMs) });
    if (this.sessions.find(id) === undefined) throw ticketRefused("The session it came from is over.");
    return { ...this.entered(id, user), name: user.name, role: user.role };
  }

  /**
   * Where the other nodes' consoles are: forms and probes may go there, and nowhere else. Without a path,
   * which a browser would take for the name of one file.
   */
  otherOrigins(): string[] {
    const { config, card } = this.edge.member();
    const urls = this.others(config, card, "").flatMap((other) => other.urls);
    return [...new Set(urls.map((url) => new URL(url).origin))];
  }

  get node(): string {
    return this.edge.member().card.node;
  }

  get authority(): string {
    return this.edge.member().card.authority.certificate;
  }

  certificates(): CertificateView[] {
    return certificateViews(this.edge.paths, this.edge.member().card, Date.now());
  }

  installCertificate(request: CertificateRequest): CertificateView[] {
    this.edge.serve(installConsole(this.edge.paths, request, Date.now()));
    return this.certificates();
  }

  removeCertificate(): CertificateView[] {
    removeConsole(this.edge.paths);
    this.edge.serve(undefined);
    return this.certificates();
  }

  private entered(id: string, { name, role }: User): OpenedSession {
    return { id, session: this.sessionOf(name, role, csrfOf(id)) };
  }

  private others(config: ClusterConfig, card: MembershipCard, cameBy: string): HandOver["nodes"] {
    const own = nodeOf(config, card.node);
    const network = config.networks.find(({ name }) => own?.addresses.get(name) === cameBy.split(":")[0]);
    return peersOf(config, card.node).map((peer) => {
      const urls = consoleUrls(config, peer);
      const address = network === undefined ? undefined : peer.addresses.get(network.name);
      const first = urls.filter((url) => address !== undefined && new URL(url).hostname === address);
      return { name: peer.name, urls: [...new Set([...first, ...urls])] };
    });
  }
}

/** What the page says about the person before it, in seconds; nothing said: a person. */
export function idleOf(header: unknown): Milliseconds {
  const said = typeof header === "string" && /^\d{1,7}$/.test(header) ? Number(header) : 0;
  return milliseconds(said * 1000);
}
