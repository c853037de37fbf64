/** A run on a queue as its processes: the command that coordinates, and workers. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { linesOf } from "./lines-of.js";
import { RECORDS_ALONE, shardIn } from "./records-alone.js";

/** One process of ours, and what it has said. */
export interface Told {
  readonly child: ChildProcess;
  /** All of stderr and stdout so far. */
  readonly text: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Waits until it has said something. */
  readonly said: (pattern: RegExp) => Promise<void>;
}

/** Short waits, so that a lost worker's job is not waited for long. */
export const QUICK = { CODILENS_QUEUE_LOCK_SECONDS: "3", CODILENS_QUEUE_WAIT_SECONDS: "60" } as const;

/** Starts a command line. */
export function told(args: readonly string[], env: Readonly<Record<string, string>> = {}): Told {
  const child = spawn(process.execPath, ["scripts/codilens.mjs", ...args], {
    env: { ...process.env, ...QUICK, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  let isOver = false;
  const ended = new Promise<number | NodeJS.Signals | null>((done) =>
    child.once("close", (code, signal) => {
      isOver = true;
      done(signal ?? code);
    }),
  );
  const said = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) {
      if (isOver) throw new Error(`it ended without ${pattern}:\n${text}`);
      await new Promise((wait) => setTimeout(wait, 20));
    }
  };
  return { child, text: () => text, ended, said };
}

/** Processes of a file's tests, which are killed after each of them. */
export class Started {
  readonly #all: Told[] = [];

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Told {
    const one = told(args, env);
    this.#all.push(one);
    return one;
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.splice(0).map(killed));
  }
}

/** A small run: problems and studies are named by the caller. */
export function experimentArgs(out: string, more: readonly string[]): string[] {
  return ["experiment", "--no-controls", "--no-control-model", "--layers", "8", "--no-progress", "--out", out, ...more];
}

/** The same run, plain. @returns its records' lines. */
export function plainRun(out: string, more: readonly string[]): string[] {
  const args = experimentArgs(out, [...more, ...RECORDS_ALONE]);
  const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the plain run ended with ${status}: ${stderr}`);
  return linesOf(shardIn(out));
}

/** Ends it now. */
export async function killed({ child, ended }: Told): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

/** Waits for something that Redis or a folder shows. */
export async function until(isSo: () => Promise<boolean> | boolean, ms = 120_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so after ${ms} ms: ${isSo}`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
}
