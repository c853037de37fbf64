/** Asks the Python libraries, many files at a time, through `verdict.py`. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** What the reference says of one file. `crashed`: its process ended over it. */
export interface Verdict {
  readonly kind: "ok" | "refused" | "crashed";
  /** For `ok` what was read, as bytes that can be compared; for `refused` the reason as text. */
  readonly payload: Buffer;
}

/** What is asked: which reader, and the file. */
export interface Question {
  /** One letter, see `verdict.py`. */
  readonly reader: "s" | "t" | "c" | "k";
  readonly bytes: Uint8Array;
}

/** One Python process, started anew when a file ends it. */
export class Reference {
  #child: ChildProcessByStdio<Writable, Readable, null> | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** @param python with the packages of `test/fixtures/make/requirements.txt`. */
  constructor(readonly python: string) {}

  /** One verdict for each file, in their order. */
  async ask(questions: readonly Question[]): Promise<Verdict[]> {
    try {
      return await this.#batch(questions);
    } catch (error) {
      if (questions.length > 1) {
        const verdicts: Verdict[] = [];
        for (const question of questions) verdicts.push(...(await this.ask([question])));
        return verdicts;
      }
      if (!(error instanceof Ended)) throw error;
      return questions.map(() => ({ kind: "crashed", payload: Buffer.from(error.message) }));
    }
  }

  /** Versions of the packages, e.g. `safetensors 0.8.0`. */
  async versions(): Promise<string> {
    const [verdict] = await this.#batch([{ reader: "k", bytes: new Uint8Array() }]);
    return verdict?.payload.toString() ?? "";
  }

  async close(): Promise<void> {
    this.#child?.stdin.end();
    this.#child = null;
    await this.#ended;
  }

  async #batch(questions: readonly Question[]): Promise<Verdict[]> {
    const child = this.#start();
    const head = Buffer.alloc(4);
    head.writeUInt32LE(questions.length);
    const frames = questions.map(({ reader, bytes }) => {
      const frame = Buffer.alloc(5);
      frame.write(reader, "latin1");
      frame.writeUInt32LE(bytes.length, 1);
      return Buffer.concat([frame, bytes]);
    });
    child.stdin.write(Buffer.concat([head, ...frames]));
    return this.#answers(child, questions.length);
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    if (this.#child !== null) return this.#child;
    const script = fileURLToPath(new URL("verdict.py", import.meta.url));
    const child = spawn(this.python, ["-u", script], { stdio: ["pipe", "pipe", "inherit"] });
    // A pipe that breaks is told of by the process's end.
    child.stdin.on("error", () => undefined);
    this.#ended = new Promise((done) => child.once("close", () => done()));
    this.#child = child;
    return child;
  }

  #answers(child: ChildProcessByStdio<Writable, Readable, null>, count: number): Promise<Verdict[]> {
    return new Promise((resolve, reject) => {
      const verdicts: Verdict[] = [];
      let held: Buffer = Buffer.alloc(0);
      const finish = (error: Error | null): void => {
        child.stdout.off("data", onData);
        child.off("close", onClose);
        child.off("error", onError);
        if (error === null) resolve(verdicts);
        else reject(error);
      };
      const onData = (chunk: Buffer): void => {
        held = Buffer.concat([held, chunk]);
        while (held.length >= 5 && held.length >= 5 + held.readUInt32LE(1)) {
          const end = 5 + held.readUInt32LE(1);
          verdicts.push({ kind: held[0] === 1 ? "ok" : "refused", payload: Buffer.from(held.subarray(5, end)) });
          held = held.subarray(end);
        }
        if (verdicts.length === count) finish(null);
      };
      const onClose = (code: number | null, signal: string | null): void => {
        this.#child = null;
        finish(new Ended(`the reference ended with ${signal ?? code}`));
      };
      const onError = (error: Error): void => {
        this.#child = null;
        finish(new Error(`Cannot start ${this.python}: ${error.message}`, { cause: error }));
      };
      child.stdout.on("data", onData);
      child.on("close", onClose);
      child.on("error", onError);
    });
  }
}

class Ended extends Error {}
