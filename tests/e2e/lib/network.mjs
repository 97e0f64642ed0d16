// A local network of real processes for a test: starts `icpd local` in a directory of its own and
// reads ready.json, the one file that an outside tool needs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));
export const binary = process.env.ICPD_BINARY ?? path.join(repository, "build/icpd");

const kReadyDeadlineMs = 120_000;

/** Calls `probe` until it gives something truthy, or fails after `deadlineMs` with `what`. */
export async function eventually(what, deadlineMs, probe) {
  const end = Date.now() + deadlineMs;
  let last;
  while (Date.now() < end) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
}

export function temporaryDirectory() {
  return fs.mkdtempSync(path.join(os.tmpdir(), "icpd-e2e-"));
}

/** Runs icpd to its end, with more in its environment; gives {status, stdout, stderr}. */
export async function icpd(args, { input, env = {} } = {}) {
  const stdin = input === undefined ? "ignore" : "pipe";
  const child = spawn(binary, args, {
    stdio: [stdin, "pipe", "pipe"], env: { ...process.env, ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => (output.stdout += data));
  child.stderr.on("data", (data) => (output.stderr += data));
  if (input !== undefined) child.stdin.end(input);
  const [status] = await once(child, "close");
  return { status, ...output };
}

export class Network {
  constructor(directory) {
    this.directory = directory ?? temporaryDirectory();
    this.log = "";
    /** More for the environment of its processes. */
    this.environment = {};
  }

  /** Starts the processes and waits until the network answers. */
  async start(args = []) {
    const readyFile = path.join(this.directory, "e2e-ready.json");
    fs.rmSync(readyFile, { force: true });
    this.child = spawn(
      binary,
      ["local", "--dir", this.directory, "--ready-file", readyFile, ...args],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...this.environment } },
    );
    this.child.stdout.on("data", (data) => (this.log += data));
    this.child.stderr.on("data", (data) => (this.log += data));
    this.exited = once(this.child, "exit");
    const gone = this.exited.then(() => {
      throw new Error(`icpd local ended:\n${this.log.slice(-4000)}`);
    });
    gone.catch(() => {});
    await Promise.race([
      gone,
      eventually("ready.json", kReadyDeadlineMs, () => fs.existsSync(readyFile)),
    ]);
    this.ready = JSON.parse(fs.readFileSync(readyFile, "utf8"));
    return this;
  }

  /** URL of one node's own API, or of the port that forwards to a healthy node. */
  url(node) {
    const port = node === undefined ? this.ready.gateway_port : this.ready.nodes[node].api_port;
    return `http://127.0.0.1:${port}`;
  }

  get rootKey() {
    return Uint8Array.from(Buffer.from(this.ready.root_key, "hex"));
  }

  /** `icpd local node N kill|pause|start` and the like, against this directory. */
  async control(...args) {
    const result = await icpd(["local", ...args, "--dir", this.directory]);
    if (result.status !== 0) throw new Error(`icpd local ${args.join(" ")}: ${result.stderr}`);
    return result.stdout;
  }

  /** kill -9 from outside, which the network's parent only notices. */
  async killNode(node) {
    const { pid } = JSON.parse(await this.control("status", "--json")).nodes[node];
    process.kill(pid, "SIGKILL");
    await eventually(`node ${node} is dead`, kReadyDeadlineMs, async () => {
      return JSON.parse(await this.control("status", "--json")).nodes[node].state === "dead";
    });
  }

  /** Kills every process of the network at once, as a power cut would. */
  async killAll() {
    this.child.kill("SIGKILL");
    for (const { pid } of this.ready.nodes) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // ended with its parent
      }
    }
    await this.exited;
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGINT");
    const [status] = await this.exited;
    if (status !== 0) throw new Error(`icpd local ended with ${status}:\n${this.log.slice(-4000)}`);
  }

  async remove() {
    await this.stop();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
