/** Several processes of this machine as the crew of a run. */

import { range } from "../../base/range.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import type { Setup } from "../plan/setup.js";
import { ChildWorker } from "./child-worker.js";
import { COMPUTE_PROGRAM } from "./compute-program.js";
import type { Crew } from "./crew.js";
import type { EngineStart, Worker, WorkerHooks } from "./worker.js";

/** The lead computes too; the others are processes of their own, started when it is likely that there is work for them. */
export class ChildCrew implements Crew {
  readonly isHere = true;
  readonly lead: Worker;
  readonly #hooks: WorkerHooks;
  readonly #others: ChildWorker[] = [];

  constructor(hooks: WorkerHooks) {
    this.#hooks = { ...hooks, notice: sayingOnce(hooks.notice) };
    this.lead = new ChildWorker(COMPUTE_PROGRAM, this.#hooks);
  }

  expect(others: number, engine: EngineStart, lead: Promise<EngineInfo>): void {
    const begun = range(others).map(() => this.#another());
    for (const worker of begun) worker.begin(engine);
    // Of two processes that start on one GPU, either may find its memory taken.
    const started = lead.then(async ({ device }) => {
      if (device === "cpu") await Promise.all(begun.map((worker) => worker.start(engine)));
    });
    // Whoever waits for one of them is told again.
    started.catch(() => undefined);
  }

  lanes({ crew }: Setup, jobs: number): readonly Worker[] {
    const wanted = Math.min(crew.workers, jobs) - 1;
    while (this.#others.length < wanted) this.#another();
    for (const idle of this.#others.splice(wanted)) idle.close();
    return [this.lead, ...this.#others];
  }

  besides(): readonly Worker[] {
    return this.#others.filter(({ isLoaded }) => isLoaded);
  }

  #another(): ChildWorker {
    const worker = new ChildWorker(COMPUTE_PROGRAM, this.#hooks);
    this.#others.push(worker);
    return worker;
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
