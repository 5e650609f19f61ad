// SPDX-License-Identifier: Apache-2.0
// A small file that nothing rests on. That it cannot be written is told once for each reason, not each time.

import { keepWhole } from "./durable-file.js";

export class KeptFile {
  private unkept = "";

  constructor(
    private readonly file: string,
    private readonly lost: (why: string) => void,
  ) {}

  async write(text: string): Promise<void> {
    try {
      await keepWhole(this.file, text);
      this.unkept = "";
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.unkept) this.lost(message);
      this.unkept = message;
    }
  }
}
