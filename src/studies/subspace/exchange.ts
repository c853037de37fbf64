/** Runs exchanges: what is answered where the source's component, or its whole state, is written into a run. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import { numberOrNull } from "../../model/latent/run/run-score.js";
import type { Outcome } from "./file.js";
import { SOURCE, type Swap, type SwapPlace, swapAt, wholeAt } from "./swaps.js";
import type { Basis } from "./train.js";

// Rows of one call: many leave no memory, few leave the machine idle.
const ROWS = 224;
// An answer that runs on is not the other run's.
const SPARE_TOKENS = 4;

/** Directions by name, `[rank, width]` each; null: the whole state. */
export type Bases = ReadonlyMap<string, Basis | null>;

/** @returns for each swap, by the name of the directions, what came of it. @throws the signal's reason where it was aborted. */
export async function exchanged(
  model: CodiModel,
  swaps: readonly Swap[],
  { place, bases, signal }: { readonly place: SwapPlace; readonly bases: Bases; readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, Outcome>[]> {
  const names = [...bases.keys()];
  const found: Map<string, Outcome>[] = [];
  const many = Math.max(1, Math.floor(ROWS / names.length));
  for (let from = 0; from < swaps.length; from += many) {
    signal?.throwIfAborted();
    const some = swaps.slice(from, from + many);
    for (const results of await run(model, some, { place, bases, names }))
      found.push(
        new Map(
          results.map(({ answer, score }, i) => [
            names[i] ?? "",
            {
              number: answer.parsed.kind === "number" ? answer.parsed.value : null,
              difference: numberOrNull(score.logitDifference),
            },
          ]),
        ),
      );
  }
  return found;
}

function run(
  model: CodiModel,
  swaps: readonly Swap[],
  { place, bases, names }: { readonly place: SwapPlace; readonly bases: Bases; readonly names: readonly string[] },
) {
  const values = [...bases].flatMap(([name, basis]) =>
    basis === null
      ? []
      : [[name, { shape: [basis.rank, model.config.dModel], data: Float32Array.from(basis.rows) }] as const],
  );
  const longest = Math.max(...swaps.flatMap(({ own, source }) => [own.answer.ids.length, source.answer.ids.length]));
  return model.runConditions(
    swaps.map(({ question }) => question),
    names.map((name) => ({
      name,
      interventions: [bases.get(name) === null ? wholeAt(place) : swapAt(place, name)],
    })),
    {
      sources: { [SOURCE]: swaps.map(({ source }) => source) },
      values: Object.fromEntries(values),
      maxNewTokens: longest + SPARE_TOKENS,
      contrasts: swaps.map(({ own, ids }) => ({
        tokens: own.answer.ids.slice(0, ids.length),
        other: ids.at(-1) ?? 0,
      })),
      knownAnswers: swaps.map(({ own }) => own.answer.ids),
    },
  );
}
