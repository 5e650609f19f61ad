// SPDX-License-Identifier: Apache-2.0
// A daemon of a folder of its own that opens no way in: its API is asked by `inject`, without a network.

import type { FastifyInstance } from "fastify";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiDoor } from "../../../core/api/door.js";
import { buildApplication } from "../../../core/api/server.js";
import { pathsUnder } from "../../../core/config/paths.js";
import { Daemon } from "../../../core/daemon/daemon.js";
import { openDoor } from "../../../core/daemon/door.js";
import { createProtection } from "../../../core/protect/index.js";
import { createHypervisor } from "../../contract/fake-hypervisor.js";

export class TestDoor {
  readonly folder = mkdtempSync(join(tmpdir(), "gemel-access-"));
  readonly daemon: Daemon;
  readonly door: ApiDoor;

  constructor() {
    const at = (name: string): string => join(this.folder, name);
    this.daemon = new Daemon({
      paths: pathsUnder({ etc: at("etc"), state: at("state"), run: at("run") }),
      hypervisor: createHypervisor,
      protection: createProtection,
      log: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    this.door = openDoor(this.daemon);
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

  async close(): Promise<void> {
    await this.daemon.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
