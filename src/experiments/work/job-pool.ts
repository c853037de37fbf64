/** The jobs of a run that are not computed yet, handed out to whoever asks next. */

import type { Job } from "../jobs/job.js";
import type { PlannedJob } from "../jobs/plan-jobs.js";

/** A job that is handed out. */
export interface PooledJob extends PlannedJob {
  /** Keys of the records that it would add. */
  readonly missing: ReadonlySet<string>;
  /** It was given back until its baselines are known, and is not to be given back again. */
  readonly wasHeldBack: boolean;
}

/** What the pool asks of a run. */
export interface PoolHooks {
  /** Keys of the records that the job would add. */
  readonly missingOf: (job: Job) => ReadonlySet<string>;
  /** Whether there is no baseline of the job's problems to wait for. */
  readonly knowsBaselines: (job: Job) => boolean;
  /** What it takes, in any unit. */
  readonly costOf: (job: PlannedJob) => number;
}

/**
 * So many jobs are planned ahead where several lanes compute: the costliest goes first, so that the small ones are left for the end and
 * all lanes end together. A large run takes minutes to plan whole, so it is planned while others compute, and never further than this.
 */
const WINDOW = 48;
/** One lane takes the jobs in their order; the next one is ready when this one is done. */
const NEXT = 2;

interface Waiting extends PooledJob {
  readonly cost: number;
}

/** Hands out jobs; each that is handed out is `done` or given back. */
export class JobPool {
  readonly #jobs: Iterator<PlannedJob>;
  readonly #window: Waiting[] = [];
  readonly #wake = new Set<() => void>();
  /** Resolves when nothing will be handed out any more. */
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  #inHand = 0;
  #stopped = false;
  #isPlanning = false;
  /** What planning ended with, for whoever asks next. */
  #error: Error | null = null;

  /** @param jobs in the run's order, each made when its turn comes. */
  constructor(
    jobs: Iterable<PlannedJob>,
    readonly hooks: PoolHooks,
  ) {
    this.#jobs = jobs[Symbol.iterator]();
    this.ended = new Promise((end) => {
      this.#end = end;
    });
  }

  /** How many jobs are left, counted up to `most`, and what they take together. */
  ahead(most: number): { readonly jobs: number; readonly cost: number } {
    this.#fill(most);
    const counted = this.#window.slice(0, most);
    return { jobs: counted.length, cost: counted.reduce((sum, { cost }) => sum + cost, 0) };
  }

  /** @param inOrder the next of the run's order, else the costliest of those ahead. @returns null where nothing is left. */
  async take(inOrder: boolean): Promise<PooledJob | null> {
    for (;;) {
      if (this.#stopped) return null;
      if (this.#error !== null) throw this.#error;
      this.#fill(1);
      const next = this.#pick(inOrder);
      this.#planAhead(inOrder ? NEXT : WINDOW);
      if (next !== null) {
        this.#inHand++;
        return next;
      }
      if (this.#inHand === 0 && this.#window.length === 0) {
        this.stop();
        return null;
      }
      // What another lane has in hand may come back.
      await new Promise<void>((wake) => this.#wake.add(wake));
    }
  }

  /** The job's records are kept. */
  done(): void {
    this.#inHand--;
    this.#wakeAll();
  }

  /** The job was not computed. @param how `isHeldBack`: not before its baselines are known, if they can be. */
  giveBack(job: PooledJob, { isHeldBack }: { readonly isHeldBack: boolean }): void {
    this.#inHand--;
    const wasHeldBack = job.wasHeldBack || isHeldBack;
    this.#window.unshift({ ...job, wasHeldBack, cost: this.hooks.costOf(job) });
    this.#wakeAll();
  }

  /** Nothing more is handed out. */
  stop(): void {
    this.#stopped = true;
    this.#end();
    this.#wakeAll();
  }

  /** Plans job by job, in between what else this process hears. */
  #planAhead(size: number): void {
    if (this.#isPlanning || this.#stopped || this.#window.length >= size) return;
    this.#isPlanning = true;
    setImmediate(() => {
      this.#isPlanning = false;
      try {
        if (this.#fill(this.#window.length + 1)) this.#planAhead(size);
      } catch (error) {
        this.#error = error as Error;
      }
      this.#wakeAll();
    });
  }

  /** @returns false where there are not so many. */
  #fill(size: number): boolean {
    while (this.#window.length < size) {
      const { done, value } = this.#jobs.next();
      if (done === true) return false;
      const missing = this.hooks.missingOf(value.job);
      // A torn job is computed again whole, so that resuming changes no float.
      if (missing.size > 0)
        this.#window.push({ ...value, missing, wasHeldBack: false, cost: this.hooks.costOf(value) });
    }
    return true;
  }

  #pick(inOrder: boolean): PooledJob | null {
    const isReady = ({ job, wasHeldBack }: Waiting): boolean => !wasHeldBack || this.hooks.knowsBaselines(job);
    const ready = this.#window.filter(isReady);
    // Where nobody has a baseline in hand it never will be known.
    const open = ready.length > 0 || this.#inHand > 0 ? ready : this.#window;
    const [first, ...others] = open;
    if (first === undefined) return null;
    const next = inOrder ? first : others.reduce((best, each) => (each.cost > best.cost ? each : best), first);
    this.#window.splice(this.#window.indexOf(next), 1);
    return next;
  }

  #wakeAll(): void {
    for (const wake of this.#wake) wake();
    this.#wake.clear();
  }
}
