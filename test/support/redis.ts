/** A Redis server of a test's own, on a port of its own, that can be killed, stopped and emptied. */

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { Redis } from "ioredis";
import { temporaryFolder } from "./temporary.js";

/** Started servers end with the process, whatever happens. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const each of running) each.kill("SIGKILL");
});

/** One server. */
export class TestRedis {
  #child: ChildProcess | null = null;
  readonly #folder = temporaryFolder("codilens-redis-");

  private constructor(
    readonly port: number,
    readonly args: readonly string[],
    readonly url: string,
  ) {}

  /** @param args more options of `redis-server`. @param url of `port`, where it is not the plain one. */
  static async start(
    args: readonly string[] = [],
    url = (port: number): string => `redis://127.0.0.1:${port}`,
  ): Promise<TestRedis> {
    const port = await freePort();
    const redis = new TestRedis(port, args, url(port));
    await redis.up();
    return redis;
  }

  /** Starts it, empty. */
  async up(): Promise<void> {
    const plain = this.args.includes("--tls-port")
      ? ["--port", "0"]
      : ["--port", `${this.port}`, "--bind", "127.0.0.1"];
    const given = this.args.map((each) => (each === "PORT" ? `${this.port}` : each));
    const options = [...plain, "--dir", this.#folder, "--save", "", "--appendonly", "no", ...given];
    const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    running.add(child);
    await new Promise<void>((ready, fail) => {
      let said = "";
      child.once("close", (code) => fail(new Error(`redis-server ended with ${code}: ${said}`)));
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes("Ready to accept connections")) ready();
      });
    });
  }

  /** Kills it: all that it held is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise((done) => child.once("close", done));
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await gone;
    running.delete(child);
    this.#child = null;
  }

  /** SIGSTOP or SIGCONT: it answers nothing, and forgets nothing. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Does something with a connection of its own. */
  async with<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.port, "127.0.0.1", { maxRetriesPerRequest: 3 });
    try {
      return await act(redis);
    } finally {
      redis.disconnect();
    }
  }
}

/** A port that nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((found, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => found(port));
    });
  });
}
