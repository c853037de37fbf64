/** How long a step takes by its number of rows, measured on a loaded model. */

import { Ascent } from "../../decoder/ascent.js";
import type { Decoder } from "../../decoder/decoder.js";
import { KvCache } from "../../decoder/kv-cache.js";
import { identity } from "../../decoder/row-map.js";
import { RunHooks } from "../../hooks/run-hooks.js";
import { numbersOf } from "../../tensor/numbers.js";
import { enterStage } from "../../tensor/profile.js";
import { tf } from "../../tensor/tf.js";
import { Head } from "../run/head.js";
import type { StepRate } from "./rates.js";
import { groupOf } from "./row-tree.js";
import { laterStep, prefillStep, type StepFrame } from "./steps.js";

/** Row counts that are tried, as long as more rows make a row cheaper. */
export const TRIED_ROWS = [1, 8, 32, 64, 128, 256] as const;
const REPEATS = 3;
/** A count is not repeated beyond this time: what is long is hardly disturbed by what is short. */
const ENOUGH_MS = 500;
// Fewer rows are always tried: where they seem not to pay, something else had the machine.
const SURE_ROWS = 64;
// Sharing a forward among more rows must save at least this share of a row's time to be worth the memory.
const WORTH = 0.05;
// A common prompt's length, so that attention has its share.
const PROMPT = 48;

/**
 * Times single steps of rows that continue a common prompt. Costs up to some dozens of steps, fewer where one takes long: 0.2 s on the embedded model, some seconds at 1B.
 *
 * @returns one entry a count, fewest rows first; larger counts are left out once they no longer help.
 */
export async function measureSteps(
  decoder: Decoder,
  { logitRows, bosTokenId }: { readonly logitRows: number; readonly bosTokenId: number | null },
): Promise<StepRate[]> {
  enterStage("rates");
  const length = Math.min(PROMPT, decoder.config.maxPositions - 1);
  const ids = Array.from({ length }, (_, i) => (i === 0 ? (bosTokenId ?? 0) : i % logitRows));
  const prompt = decoder.embed(ids);
  const empty = KvCache.empty(1);
  const { hidden, cache } = decoder.forward(prompt, empty, {
    ascent: Ascent.flat(prefillStep(frameOf(ids, 1), [groupOf([0])])),
    hooks: none(1),
  });
  tf.dispose([prompt, hidden]);
  try {
    const rates: StepRate[] = [];
    for (const rows of TRIED_ROWS) {
      const rate = await timeRows(decoder, cache, { promptIds: ids, rows, logitRows });
      const last = rates.at(-1);
      rates.push(rate);
      const pays = last === undefined || eachMs(rate) < (1 - WORTH) * eachMs(last);
      if (!pays && rows >= SURE_ROWS) break;
    }
    return rates;
  } finally {
    cache.dispose();
  }
}

function eachMs({ rows, forwardMs: ms }: StepRate): number {
  return ms / rows;
}

async function timeRows(
  decoder: Decoder,
  cache: KvCache,
  {
    promptIds,
    rows,
    logitRows,
  }: { readonly promptIds: readonly number[]; readonly rows: number; readonly logitRows: number },
): Promise<StepRate> {
  const groups = identity(rows).map((row) => groupOf([row]));
  const step = laterStep(frameOf(promptIds, rows), groups, {
    label: "rates",
    fed: groups.map(() => [{ part: "eot", index: 0 }]),
    counts: false,
  });
  const ids = groups.map(({ lead }) => lead % logitRows);
  const reader = new Head(decoder, logitRows, none(rows));
  let [best, head, spent] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  // Once more than is counted: the first step of a shape prepares the engine's kernels, which is little beside a long one.
  for (let repeat = 0; repeat <= REPEATS && spent < ENOUGH_MS; repeat++) {
    const branch = cache.select(ids.map(() => 0));
    const x = decoder.embed(ids);
    const start = performance.now();
    const made = decoder.forward(x, branch, { ascent: Ascent.flat(step), hooks: none(rows) });
    // One number is read: a GPU's queue has run then.
    const probe = tf.slice(made.hidden, [0, 0], [1, 1]);
    await numbersOf(probe);
    const middle = performance.now();
    await reader.plainTops(made.hidden.clone(), 2);
    const end = performance.now();
    tf.dispose([x, made.hidden, probe]);
    for (const each of [branch, made.cache]) each.dispose();
    spent += end - start;
    if (repeat === 0 && spent < ENOUGH_MS) continue;
    best = Math.min(best, middle - start);
    head = Math.min(head, end - middle);
  }
  return { rows, forwardMs: best, headMs: head };
}

function frameOf(promptIds: readonly number[], rows: number): StepFrame {
  const row = { question: 0, condition: null, promptIds, pin: null };
  return {
    rows: identity(rows).map(() => row),
    hasBot: false,
    latents: 0,
    eotTokens: 1,
    prefillColumns: promptIds.length,
  };
}

function none(rows: number): RunHooks {
  return new RunHooks(
    [],
    [],
    identity(rows).map(() => 0),
  );
}
