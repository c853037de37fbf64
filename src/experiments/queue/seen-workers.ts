/** What the coordinator sees of the workers: who is there, what each does, and what does not get on. */

import type { QueueWorkerState } from "./run-message.js";
import { BEAT } from "./timing.js";

/** One worker as it was last seen. */
interface Seen {
  state: QueueWorkerState;
  /** When its beat last changed, by this process's clock. */
  at: number;
  /** When it came, and what it had done then. */
  readonly since: number;
  readonly before: number;
  /** When it began its job. */
  begun: number;
}

/** So many names in one line. */
const MOST_NAMED = 8;
/** A job takes a quarter of a minute to a minute. */
const STUCK_SECONDS = 300;

/** What was heard of all workers. */
export interface Heard {
  /** Job → token-forwards since the last time. */
  readonly forwarded: ReadonlyMap<string, number>;
  /** Workers that are silent for so long that nothing need be kept of them. */
  readonly gone: readonly string[];
}

/** The workers of a run. */
export class SeenWorkers {
  readonly #workers = new Map<string, Seen>();
  /** Beats of those that were seen once: what a dead worker left looks the same as a living one until it beats again. */
  readonly #unproven = new Map<string, { readonly beat: number; readonly at: number }>();
  readonly #processors = new Set<string>();
  #alone = 0;
  #most = 0;

  /** @param processor of the machine that coordinates. */
  constructor(
    readonly notice: (text: string) => void,
    processor: string,
  ) {
    this.#processors.add(processor);
  }

  /** Workers that compute, or will. */
  get count(): number {
    return [...this.#workers.values()].filter(({ state }) => state.state !== "refused" && state.state !== "stopping")
      .length;
  }

  /** The most that were there at once. */
  get most(): number {
    return this.#most;
  }

  /** Hears of all workers, as they say now. */
  hear(states: ReadonlyMap<string, QueueWorkerState>, now: number): Heard {
    const forwarded = new Map<string, number>();
    for (const [name, state] of states) {
      const seen = this.#workers.get(name);
      if (seen === undefined) this.#prove([name, state], now);
      else if (seen.state.beat !== state.beat) {
        const isSame = seen.state.job === state.job;
        const more = state.forwarded - (isSame ? seen.state.forwarded : 0);
        if (state.job !== null && more > 0) forwarded.set(state.job, (forwarded.get(state.job) ?? 0) + more);
        Object.assign(seen, { state, at: now, ...(isSame ? {} : { begun: now }) });
      }
    }
    const silent = ([, { at }]: [string, { readonly at: number }]): boolean => now - at > BEAT.goneMs;
    const left = [...this.#workers].filter((each) => silent(each) || !states.has(each[0]));
    for (const [name, { state }] of left) this.#go(name, state);
    const never = [...this.#unproven].filter(silent);
    for (const [name] of never) this.#unproven.delete(name);
    return { forwarded, gone: [...left, ...never].map(([name]) => name) };
  }

  /** One line for the user: who computes how fast, and what is stuck. @param jobs that wait. */
  line(jobs: number, now: number): string | null {
    if (this.count === 0) {
      const isNew = this.#alone === 0;
      this.#alone = isNew ? now : this.#alone;
      return isNew || jobs === 0
        ? null
        : `no worker is here, ${jobs} ${jobs === 1 ? "job waits" : "jobs wait"}: codilens worker --queue … --model … computes them`;
    }
    this.#alone = 0;
    const all = [...this.#workers].map(([name, seen]) => `${name} ${rateOf(seen, now)}`);
    const more = all.length > MOST_NAMED ? [`${all.length - MOST_NAMED} more`] : [];
    const stuck = [...this.#workers].filter(
      ([, { state, begun }]) => state.state === "computing" && now - begun > STUCK_SECONDS * 1000,
    );
    const named = stuck.map(
      ([name, { state, begun }]) =>
        `job ${state.job?.slice(0, 8)} at ${name} for ${Math.round((now - begun) / 60_000)} min`,
    );
    const slow = named.length === 0 ? "" : `; stuck: ${named.slice(0, MOST_NAMED).join(", ")}`;
    return `workers: ${[...all.slice(0, MOST_NAMED), ...more].join(", ")}${slow}`;
  }

  #prove([name, state]: readonly [string, QueueWorkerState], now: number): void {
    const before = this.#unproven.get(name);
    if (before === undefined) this.#unproven.set(name, { beat: state.beat, at: now });
    if (state.state !== "refused" && (before === undefined || before.beat === state.beat)) return;
    this.#unproven.delete(name);
    this.#come([name, state], now);
  }

  #come([name, state]: readonly [string, QueueWorkerState], now: number): void {
    this.#workers.set(name, { state, at: now, since: now, before: state.done, begun: now });
    if (state.state === "refused") {
      this.notice(`worker ${name} refuses this run: ${state.why ?? "it does not say why"}`);
      return;
    }
    this.#most = Math.max(this.#most, this.count);
    this.notice(`worker ${name} is here`);
    if (this.#processors.has(state.processor)) return;
    this.#processors.add(state.processor);
    this.notice(
      `worker ${name} has another processor (${state.processor}): engines may round otherwise there, in the last digits of a number`,
    );
  }

  #go(name: string, { state }: QueueWorkerState): void {
    this.#workers.delete(name);
    if (state !== "refused") this.notice(`worker ${name} is gone`);
  }
}

function rateOf({ state, since, before }: Seen, now: number): string {
  if (state.state !== "computing" && state.state !== "waiting") return state.state;
  const minutes = Math.max(now - since, 1) / 60_000;
  return `${((state.done - before) / minutes).toFixed(1)} jobs a minute`;
}
