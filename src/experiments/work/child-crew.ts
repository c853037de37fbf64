/** Several processes of this machine as the crew of a run. */

import type { Setup } from "../plan/setup.js";
import { ChildWorker } from "./child-worker.js";
import { COMPUTE_PROGRAM } from "./compute-program.js";
import type { Crew } from "./crew.js";
import type { Worker, WorkerHooks } from "./worker.js";

/** The lead computes too; the others are processes of their own, started when it is known that there is work for them. */
export class ChildCrew implements Crew {
  readonly isHere = true;
  readonly lead: Worker;
  readonly #hooks: WorkerHooks;
  readonly #others: Worker[] = [];

  constructor(hooks: WorkerHooks) {
    this.#hooks = { ...hooks, notice: sayingOnce(hooks.notice) };
    this.lead = new ChildWorker(COMPUTE_PROGRAM, this.#hooks);
  }

  lanes({ crew }: Setup, jobs: number): readonly Worker[] {
    while (this.#others.length < Math.min(crew.workers, jobs) - 1)
      this.#others.push(new ChildWorker(COMPUTE_PROGRAM, this.#hooks));
    return [this.lead, ...this.#others];
  }

  close(): void {
    for (const worker of [this.lead, ...this.#others]) worker.close();
  }
}

/** Workers have the same to say. */
function sayingOnce(notice: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) notice(text);
    said.add(text);
  };
}
