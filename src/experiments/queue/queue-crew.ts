/** The workers of a queue as the crew of a run: each lane puts its job there and waits for what comes back. */

import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { Setup } from "../plan/setup.js";
import { ChildWorker } from "../work/child-worker.js";
import { COMPUTE_PROGRAM } from "../work/compute-program.js";
import type { Crew } from "../work/crew.js";
import { type Worker, WorkerDied, type WorkerHooks } from "../work/worker.js";
import { announce, announceDone, announcementOf, forgetWorkers, workerStates } from "./announcement.js";
import { redisReason } from "./connection.js";
import { Exchange } from "./exchange.js";
import { Gate } from "./gate.js";
import { prefixOf, QUEUE } from "./names.js";
import type { QueuePackages } from "./packages.js";
import { QueueLane } from "./queue-lane.js";
import { processorHere, type QueueRun } from "./run-message.js";
import { SeenWorkers } from "./seen-workers.js";
import { ANNOUNCED } from "./timing.js";

/** So many jobs are on the queue at once, at most. */
const MOST_LANES = 2_048;
const FEWEST_LANES = 4;
const WATCHED_EVERY_MS = 1_000;
const LINE_EVERY_MS = 60_000;
const FIRST_LINE_MS = 10_000;

/** Works on a queue, and computes nothing itself but what is computed once a run. */
export class QueueCrew implements Crew {
  readonly isHere = false;
  readonly lead: Worker;
  /** How many workers computed for this process's run. */
  get helpers(): number {
    return this.#seen.most;
  }
  readonly #gate = new Gate(FEWEST_LANES);
  readonly #seen: SeenWorkers;
  readonly #forwarded = new Map<string, (tokenForwards: number) => void>();
  #open: { readonly exchange: Exchange; readonly queue: Queue; readonly run: QueueRun } | null = null;
  #closed = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    readonly redis: Redis,
    readonly hooks: WorkerHooks & Pick<QueuePackages, "Queue">,
  ) {
    this.lead = new ChildWorker(COMPUTE_PROGRAM, hooks);
    this.#seen = new SeenWorkers(hooks.notice, processorHere());
    hooks.signal?.addEventListener("abort", this.#stop);
  }

  lanes(setup: Setup): readonly Worker[] {
    const { redis, hooks } = this;
    const run = announcementOf(setup);
    const queue = new hooks.Queue(QUEUE, { connection: redis, prefix: prefixOf(run.id), skipVersionCheck: true });
    // The connection says it.
    queue.on("error", () => undefined);
    const exchange = new Exchange({ redis, queue, run: run.id, notice: hooks.notice });
    this.#open = { exchange, queue, run };
    this.#running = Promise.all([exchange.run(), this.#announce(run), this.#watch(run, exchange)]);
    const { engine } = setup.model;
    const parts = { exchange, engine, gate: this.#gate, forwarded: this.#forwarded };
    hooks.notice(`run ${run.id} is on the queue; it waits for codilens worker --queue … --model …`);
    return Array.from({ length: MOST_LANES }, (_, place) => new QueueLane(place, parts));
  }

  close(): void {
    this.#stop();
    this.hooks.signal?.removeEventListener("abort", this.#stop);
    this.lead.close();
  }

  /** Says that the run is whole, and leaves nothing of it in Redis. */
  async finish(): Promise<void> {
    this.#stop();
    await this.#running;
    if (this.#open !== null) await announceDone(this.redis, this.#open.run);
  }

  /** Waits for jobs no longer, nor for workers. */
  readonly #stop = (): void => {
    this.#closed = true;
    this.#open?.exchange.close();
    this.#gate.close(new WorkerDied("a wish to stop"));
  };

  async #announce(run: QueueRun): Promise<void> {
    for (; !this.#closed; await this.#pause(ANNOUNCED.everyMs)) await announce(this.redis, run).catch(() => undefined);
  }

  async #watch({ id }: QueueRun, exchange: Exchange): Promise<void> {
    let next = performance.now() + FIRST_LINE_MS;
    let shown = "";
    for (; !this.#closed; await this.#pause(WATCHED_EVERY_MS)) {
      try {
        await this.#look(id);
      } catch (error) {
        // The exchange says what is wrong with Redis; this is looked at again.
        if (redisReason(error) === "") throw error;
        continue;
      }
      if (performance.now() < next) continue;
      next = performance.now() + LINE_EVERY_MS;
      const line = this.#seen.line(exchange.waiting.size, performance.now());
      if (line !== null && line !== shown) this.hooks.notice(line);
      shown = line ?? "";
    }
  }

  async #look(run: string): Promise<void> {
    const place = { redis: this.redis, run };
    const refuse = (name: string, why: string): void =>
      this.hooks.notice(`what ${name} says of itself is refused: ${why}`);
    const { forwarded, gone } = this.#seen.hear(await workerStates(place, refuse), performance.now());
    for (const [job, tokenForwards] of forwarded) this.#forwarded.get(job)?.(tokenForwards);
    // One job in work and one at hand for each, so that none waits for the coordinator.
    this.#gate.widen(Math.max(FEWEST_LANES, 2 * this.#seen.count + 2));
    await forgetWorkers(place, gone);
  }

  async #pause(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (!this.#closed && performance.now() < until) await new Promise((next) => setTimeout(next, 100));
  }
}
