// SPDX-License-Identifier: Apache-2.0
// A daemon in this process with folders of its own. Its API is asked by `inject`, which is a stranger without
// a certificate as far as the daemon can tell; a cluster, where one is founded, is a real one on loopback.

import type { FastifyInstance } from "fastify";
import type { InjectOptions, Response } from "light-my-request";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role, Session } from "../../../core/api/contract.js";
import type { ApiDoor } from "../../../core/api/door.js";
import { buildApplication, type ApplicationParts } from "../../../core/api/server.js";
import { noFence, withoutLease } from "../../../core/edge/arbitration/none.js";
import { pathsUnder } from "../../../core/edge/config/paths.js";
import { Daemon } from "../../../core/edge/daemon.js";
import type { Hypervisor } from "../../../core/ports/hypervisor.js";
import { createProtection } from "../../../core/protect/index.js";
import { createHypervisor } from "../../contract/fake-hypervisor.js";

/** A block of loopback addresses of this process, so that test files can run beside each other. */
const block = `127.${10 + (process.pid % 200)}.${Math.trunc(process.pid / 200) % 250}`;
const root = { kind: "root", name: "root", address: "local", role: "admin" } as const;
const byRoot = { params: {}, query: {}, caller: root };
export const password = "ten signs at least";

export class TestDoor {
  readonly folder = mkdtempSync(join(tmpdir(), "gemel-access-"));
  daemon: Daemon;

  constructor(
    readonly node: "alpha" | "beta" = "alpha",
    private readonly console = `https://${node}.example`,
    private readonly hypervisor: (node: string) => Hypervisor = createHypervisor,
  ) {
    this.daemon = this.make();
  }

  get door(): ApiDoor {
    return this.daemon.door;
  }

  static async application(): Promise<{
    readonly app: FastifyInstance;
    readonly close: () => Promise<void>;
  }> {
    const test = new TestDoor();
    const app = await buildApplication(test.door, "test");
    const close = async (): Promise<void> => {
      await app.close();
      await test.close();
    };
    return { app, close };
  }

  get address(): string {
    return `${block}.${this.node === "alpha" ? 11 : 12}`;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Founds a cluster with this node; the token lets another one join. */
  async found(): Promise<string> {
    await this.daemon.start();
    const networks = [{ name: "data", cidr: "127.0.0.0/8", address: this.address }];
    const own = { node: this.node, listen: "networks" as const, console: this.console };
    const made = await this.door.answers["POST /cluster"]({
      ...byRoot,
      body: { name: "test", networks, ...own, password },
    });
    return made.token ?? "";
  }

  async join(token: string): Promise<void> {
    await this.daemon.start();
    const own = { node: this.node, addresses: { data: this.address }, console: this.console };
    await this.door.answers["POST /cluster/join"]({ ...byRoot, body: { token, ...own } });
  }

  /** Another daemon over the same folders, as after an upgrade. */
  async restart(): Promise<void> {
    await this.daemon.stop();
    this.daemon = this.make();
    await this.daemon.start();
  }

  async browser(parts: ApplicationParts = {}): Promise<Browser> {
    return new Browser(await buildApplication(this.door, "test", parts), this.node);
  }

  /** A user of this role, by root. */
  async user(name: string, role: Role): Promise<void> {
    await this.daemon.access.users.add({ name, role, password }, "root");
  }

  async close(): Promise<void> {
    await this.daemon.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private make(): Daemon {
    return new Daemon({
      paths: pathsUnder({ etc: this.path("etc"), state: this.path("state"), run: this.path("run") }),
      hypervisor: this.hypervisor,
      arbiters: withoutLease,
      fence: noFence,
      protection: createProtection,
      log: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
  }
}

/** What a browser keeps: the cookie, and the page's CSRF word. */
export class Browser {
  cookie: string | undefined;
  csrf = "";

  constructor(
    readonly app: FastifyInstance,
    private readonly node: string,
    private readonly address = "192.0.2.7",
  ) {}

  /** The same person's second browser, at another address. */
  another(address: string): Browser {
    return new Browser(this.app, this.node, address);
  }

  async ask(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Response> {
    const headers = { "x-gemel-csrf": this.csrf };
    return await this.send({
      method,
      url: `/api/v1${path}`,
      headers,
      ...(body !== undefined && { payload: body }),
    });
  }

  async send(options: InjectOptions): Promise<Response> {
    const cookies = this.cookie === undefined ? {} : { [`gemel-${this.node}`]: this.cookie };
    const response = await this.app.inject({ ...options, cookies, remoteAddress: this.address });
    const found = response.cookies.find(({ name }) => name === `gemel-${this.node}`);
    if (found !== undefined) this.cookie = found.value;
    return response;
  }

  async login(user: string, secret = password): Promise<Response> {
    const response = await this.ask("POST", "/login", { user, password: secret });
    if (response.statusCode === 200) this.csrf = response.json<Session>().csrf;
    return response;
  }
}

export function assertRefused(response: Response, status: number, code: string): void {
  assert.equal(response.statusCode, status, response.body);
  assert.equal(response.json<{ readonly code: string }>().code, code, response.body);
}
