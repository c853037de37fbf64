/** Contenders are processes: a JSON request a line on stdin, a JSON reply a line on stdout, so that rounds interleave with the model loaded once. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** What a contender says when it is ready. */
export interface Ready {
  readonly ready: true;
  readonly version: string;
  /** Weights of the loaded model, where it knows. */
  readonly parameters?: number;
}

/** A reply; `error` says why there are no figures. */
export interface Reply {
  readonly error?: string;
  readonly seconds?: number;
  /** Greedy token ids, for the comparison of contenders. */
  readonly ids?: unknown;
  readonly peakBytes?: number;
  readonly [field: string]: unknown;
}

/** A request: an operation and its fields. */
export interface Request {
  readonly op: string;
  readonly [field: string]: unknown;
}

/** How a contender is started. */
export interface Command {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Reads one line of a contender. @throws RangeError for what is no object. */
export function parseLine(line: string, name: string): Reply & Partial<Ready> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RangeError(`${name} wrote "${line.slice(0, 80)}", wanted a line of JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RangeError(`${name} wrote ${line.slice(0, 80)}, wanted an object`);
  return value as Reply & Partial<Ready>;
}

/** A running contender. */
export class Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly #errors: string[] = [];
  readonly #closed: Promise<void>;
  #ready: Ready | undefined;
  #peakBytes = 0;

  private constructor({ name, command, args, env }: Command) {
    this.name = name;
    const child = spawn(command, [...args], { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.#child = child;
    this.#closed = new Promise((done) => child.on("close", () => done()));
    child.on("error", (error) => this.#errors.push(error.message));
    child.stdin.on("error", () => undefined);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors.push(text);
      if (this.#errors.length > 200) this.#errors.shift();
    });
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Starts one and waits until its model is loaded. @throws Error with the end of its stderr where it does not come up. */
  static async start(command: Command): Promise<Contender> {
    const contender = new Contender(command);
    const first = await contender.#next();
    if (first.ready !== true) throw new Error(`${command.name} did not start: ${contender.#tail()}`);
    contender.#ready = first as Ready;
    return contender;
  }

  get version(): string {
    return this.#ready?.version ?? "";
  }

  get parameters(): number | null {
    return this.#ready?.parameters ?? null;
  }

  /** Most memory it has said to hold. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** @throws Error when the process ended; a reply with `error` is returned, not thrown. */
  async ask(request: Request): Promise<Reply> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const reply = await this.#next();
    this.#peakBytes = Math.max(this.#peakBytes, reply.peakBytes ?? 0);
    return reply;
  }

  /** Ends the process and waits for it, so that its memory is free. */
  async close(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
    this.#reader.close();
  }

  async #next(): Promise<Reply & Partial<Ready>> {
    const { value, done } = await this.#lines.next();
    if (done === true) {
      // Only then is all of its stderr here.
      await this.#closed;
      throw new Error(`${this.name} ended: ${this.#tail()}`);
    }
    return parseLine(value, this.name);
  }

  #tail(): string {
    const lines = this.#errors.join("").trim().split("\n");
    // The message says more than the end of a stack.
    const message = lines.findLast((line) => /^\S*(?:Error|ENOENT|error:)/.test(line) || line.includes("ENOENT"));
    return (message ?? lines.slice(-3).join(" | ")).slice(0, 400) || "it said nothing";
  }
}

/** An operation of a contender written in TypeScript. */
export type Operation = (request: Request) => Promise<Reply> | Reply;

/** The contender's side: says that it is ready, then answers line by line until stdin ends. */
export async function serve(
  about: { readonly version: string; readonly parameters?: number },
  operations: Readonly<Record<string, Operation>>,
): Promise<void> {
  const write = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  write({ ready: true, ...about });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    const peak = (): { peakBytes: number } => ({ peakBytes: process.resourceUsage().maxRSS * 1024 });
    const operation = operations[request.op];
    try {
      if (operation === undefined) throw new RangeError(`no operation ${request.op}`);
      const reply = await operation(request);
      write({ ...peak(), ...reply });
    } catch (error) {
      write({ ...peak(), error: error instanceof Error ? error.message : String(error) });
    }
  }
  // A GPU's library keeps a process alive that has nothing left to do.
  process.stdout.write("", () => process.exit(0));
}

/** Seconds that `body` takes. */
export async function timed<T>(body: () => Promise<T> | T): Promise<{ seconds: number; value: T }> {
  const start = performance.now();
  const value = await body();
  return { seconds: (performance.now() - start) / 1000, value };
}
