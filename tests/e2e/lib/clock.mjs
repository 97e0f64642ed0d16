// The wall clock of one node's process, for tests to set: a shim between the program and its clock,
// compiled here with the compiler that built the program. The program itself knows nothing of it.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { temporaryDirectory } from "./network.mjs";

export class NodeClock {
  #directory = temporaryDirectory();
  #file = path.join(this.#directory, "clock_offset");

  /** For the node whose directory ends with this. */
  constructor(nodeDirectory) {
    const library = path.join(this.#directory, "clock_shim.so");
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library,
      fileURLToPath(new URL("clock_shim.c", import.meta.url))]);
    this.set(0);
    this.environment = {
      LD_PRELOAD: library, CLOCK_SHIM_FILE: this.#file, CLOCK_SHIM_PROCESS: nodeDirectory,
    };
  }

  remove() {
    fs.rmSync(this.#directory, { recursive: true });
  }

  /** Puts the node's clock so many seconds ahead of this machine's. */
  set(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds) * 10n ** 9n);
    // Opened as it is: an empty file under a mapping would end the node.
    const file = fs.openSync(this.#file, fs.existsSync(this.#file) ? "r+" : "w");
    fs.writeSync(file, bytes);
    fs.closeSync(file);
  }
}
