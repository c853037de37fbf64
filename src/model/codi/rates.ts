/** How fast this machine takes rows through a model: what the packing and the estimate of a run's time go by. */

import { RunHooks } from "../hooks/run-hooks.js";
import { Ascent } from "../llama/ascent.js";
import { KvCache } from "../llama/kv-cache.js";
import type { Llama } from "../llama/llama.js";
import { tf } from "../tensor/tf.js";
import { prefillStep } from "./row-steps.js";

/** Seconds that one forward of one position a row takes. */
export interface Rate {
  readonly rows: number;
  readonly seconds: number;
}

const ROW_COUNTS = [1, 8, 32, 64, 128, 256];
// More rows than this share of the best rate asks for only take memory.
const GOOD_SHARE = 0.9;

/** Measures forwards of one position; the second of two each. */
export function measureRates(llama: Llama): Rate[] {
  return ROW_COUNTS.map((rows) => {
    time(llama, rows);
    return { rows, seconds: time(llama, rows) };
  });
}

function time(llama: Llama, rows: number): number {
  const plans = Array.from({ length: rows }, (_, question) => ({
    question,
    condition: null,
    promptIds: [0],
    pin: null,
  }));
  const frame = { rows: plans, hasBot: false, latents: 0, eotTokens: 0, prefillColumns: 1 };
  const groups = plans.map((_, id) => [id]);
  const start = performance.now();
  tf.tidy(() => {
    const x = llama.embed(plans.map(() => 0));
    const ascent = Ascent.flat(prefillStep(frame, groups));
    const { hidden, cache } = llama.forward(
      x,
      KvCache.empty(rows),
      ascent,
      new RunHooks(
        [],
        [],
        plans.map(() => 0),
      ),
    );
    hidden.dataSync();
    cache.dispose();
  });
  return (performance.now() - start) / 1000;
}

/** The fewest rows at which the machine computes nearly as many rows a second as at its best. */
export function bestRows(rates: readonly Rate[]): number {
  const perSecond = rates.map(({ rows, seconds }) => rows / seconds);
  const good = GOOD_SHARE * Math.max(...perSecond);
  return rates.find((_, i) => (perSecond[i] ?? 0) >= good)?.rows ?? 1;
}

/** Seconds for a forward of so many cells, between the measured ones by straight lines, beyond them in proportion. */
export function secondsFor(rates: readonly Rate[], cells: number): number {
  const above = rates.find(({ rows }) => rows >= cells);
  const below = rates.filter(({ rows }) => rows <= cells).at(-1);
  if (above === undefined) return ((below?.seconds ?? 0) * cells) / (below?.rows ?? 1);
  if (below === undefined || above.rows === below.rows) return above.seconds;
  return below.seconds + ((above.seconds - below.seconds) * (cells - below.rows)) / (above.rows - below.rows);
}
