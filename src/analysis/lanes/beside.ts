/** The studies' findings of a control model's run, made on a thread of their own beside the run's: both take as long. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker as Thread } from "node:worker_threads";
import { errorOf } from "../../base/failure.js";
import type { Finding } from "../../studies/finding.js";
import type { AskedUnits, BesideData, FoundUnits, FromBeside, SentFinding, ToBeside } from "./beside-messages.js";
import { endedBy, threadsBeside } from "./lanes.js";

const PROGRAM = new URL("./beside-thread.js", import.meta.url);
/** Records that a control has at least: a thread takes a moment to start, and reads them once more. */
const FEWEST_RECORDS = 5000;

/** Whether a thread of its own is worth its start. */
export function isWorthThread(records: number): boolean {
  return records >= FEWEST_RECORDS && threadsBeside() > 0 && existsSync(fileURLToPath(PROGRAM));
}

/** A control's run on a thread. */
export class Beside {
  readonly #thread: Thread;
  readonly #waiting: {
    resolve: (said: Exclude<FromBeside, { readonly failure: unknown }>) => void;
    reject: (error: Error) => void;
  }[] = [];
  readonly #findings: Promise<readonly SentFinding[]>;
  /** Why it is no more. */
  #lost: Error | null = null;

  /** @param dir the control's folder. @param program the file that the thread runs. */
  constructor(dir: string, program = PROGRAM) {
    const workerData: BesideData = { dir };
    this.#thread = new Thread(program, { workerData, execArgv: [] });
    this.#thread.on("message", (message: FromBeside) => {
      const next = this.#waiting.shift();
      if ("failure" in message) next?.reject(errorOf(message.failure));
      else next?.resolve(message);
    });
    this.#thread.on("error", (error) => this.#lose(error));
    this.#thread.on("exit", () => this.#lose(new Error("it ended by itself")));
    this.#findings = this.#next().then((said) => ("findings" in said ? said.findings : []));
    // Nobody may be waiting yet when it fails.
    this.#findings.catch(() => undefined);
  }

  /**
   * The findings.
   *
   * @param own those of the run: their headlines' numbers are all that is asked of the control's problems.
   */
  async findings(own: readonly Finding[]): Promise<Finding[]> {
    const sent = await this.#findings;
    const asked: AskedUnits = new Map(own.map(({ name, headline }) => [name, keysOf(headline)]));
    const message: ToBeside = { units: asked };
    this.#thread.postMessage(message);
    const said = await this.#next();
    const units: FoundUnits = "units" in said ? said.units : new Map();
    return sent.map(({ hasUnits, ...finding }) =>
      hasUnits ? { ...finding, units: (key) => units.get(finding.name)?.get(key) ?? null } : finding,
    );
  }

  /** Ends the thread, whatever it does. */
  async close(): Promise<void> {
    await this.#thread.removeAllListeners("exit").terminate();
  }

  #next(): Promise<Exclude<FromBeside, { readonly failure: unknown }>> {
    return new Promise((resolve, reject) => {
      if (this.#lost === null) this.#waiting.push({ resolve, reject });
      else reject(endedBy(this.#lost));
    });
  }

  #lose(reason: Error): void {
    this.#lost ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(endedBy(reason));
  }
}

function keysOf(headline: Finding["headline"]): string[] {
  if (headline == null) return [];
  const rows = headline.rows.map(({ key, label }) => key ?? label);
  return [...new Set(headline.about === undefined ? rows : [...rows, headline.about])];
}
