/** What one gradient at the question's run predicts for the cells of a pair's maps, beside what their patches do. No cell is run for it. */

import { CodiLensError } from "../../base/errors.js";
import { type Address, parseAddress } from "../../model/hooks/address.js";
import { type Intervention, scopeOf } from "../../model/hooks/interventions.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Captures } from "../../model/latent/readings/capture.js";
import { type FirstOrderChange, firstOrderReader, type HeadPart } from "../shared/first-order.js";
import { PATCH_SITES, type PatchCell } from "./grid.js";
import { gradientsOf } from "./input-path.js";
import type { Pair } from "./pairs.js";
import type { PredictedMap } from "./record.js";

const BYTES = 2 ** 31;
const FLOAT32_DIGITS = 8;

/** @returns what is kept of a map with these cells. */
export type PredictMap = (cells: readonly PatchCell[]) => PredictedMap;

/**
 * One forward and one pass back of the question, by itself, so that what is kept does not depend on a batch.
 *
 * @param source what the counterfactual's run captured at the sites of patches.
 */
export async function mapPredictor(
  model: CodiModel,
  pair: Pair,
  { source }: { readonly source: Captures },
): Promise<PredictMap> {
  const base = await gradientOf(model, pair);
  if (typeof base === "string") return () => ({ unpredicted: base });
  const { layout } = pair.clean;
  const { heads } = model.config;
  const states = { from: base.captures, to: source, slopes: [base.gradients] };
  const known = new Map<string, (positions: readonly number[], part: HeadPart) => FirstOrderChange>();
  const readerOf = (site: string): ReturnType<typeof firstOrderReader> => {
    const read = known.get(site) ?? firstOrderReader(site, states);
    known.set(site, read);
    return read;
  };
  const changeOf = (intervention: Intervention): number => {
    const { head } = scopeOf(intervention);
    const positions = intervention.addresses.flatMap((at) => layout.indicesOf(parseAddress(at) satisfies Address));
    return readerOf(intervention.site)(positions, head === undefined ? { head: 0, heads: 1 } : { head, heads }).effect;
  };
  return (cells) => {
    const rows = new Map<string, number[]>();
    for (const { row, condition } of cells) {
      // To first order what several places do together is the sum of what each does.
      const change = condition.interventions.reduce((sum, each) => sum + changeOf(each), 0);
      const difference = Number((base.value + change).toPrecision(FLOAT32_DIGITS));
      if (!Number.isFinite(difference)) return { unpredicted: "the gradient is not finite" };
      rows.set(row, [...(rows.get(row) ?? []), difference]);
    }
    return { predicted: [...rows.values()] };
  };
}

/** @returns why there is none where the model or the engine gives none: patches do not need it. */
async function gradientOf(
  model: CodiModel,
  pair: Pair,
): Promise<string | Awaited<ReturnType<typeof gradientsOf>>[number]> {
  try {
    const [found] = await gradientsOf(model, [{ pair, interventions: [] }], { at: PATCH_SITES, budgetBytes: BYTES });
    return found ?? "none came back";
  } catch (error) {
    if (error instanceof CodiLensError) return error.message;
    throw error;
  }
}
