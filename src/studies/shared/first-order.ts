/** What a change of activations does to a metric if all were linear: (to − from) · ∂metric/∂activation. */

import type { Captures } from "../../model/latent/readings/capture.js";

/** Two states of the same sites, and the gradients there. */
export interface FirstOrderStates {
  /** Where the gradient was taken. */
  readonly from: Captures;
  readonly to: Captures;
  /** Several are averaged. */
  readonly slopes: readonly Captures[];
}

/** One head of a site, or all of it: head 0 of 1. */
export interface HeadPart {
  readonly head: number;
  readonly heads: number;
}

/** What is predicted of a change at some positions. */
export interface FirstOrderChange {
  /** Of the metric. */
  readonly effect: number;
  /** ‖to − from‖ / ‖from‖; null where the latter is 0. */
  readonly step: number | null;
}

/** Reads one site by positions. @param name of the site, whose positions are places in the sequence. */
export function firstOrderReader(
  name: string,
  { from, to, slopes: all }: FirstOrderStates,
): (positions: readonly number[], part: HeadPart) => FirstOrderChange {
  const site = name as Parameters<Captures["get"]>[0];
  const [own, other] = [from.get(site).data, to.get(site).data];
  const slopes = all.map((each) => each.get(site).data);
  const width = own.length / (from.get(site).shape[1] ?? 1);
  return (positions, { head, heads }) => {
    const size = width / heads;
    let [effect, moved, held] = [0, 0, 0];
    for (const position of positions) {
      const first = position * width + head * size;
      for (let i = first; i < first + size; i++) {
        const [before = 0, after = 0] = [own[i], other[i]];
        const slope = slopes.reduce((sum, each) => sum + (each[i] ?? 0), 0) / slopes.length;
        effect += (after - before) * slope;
        moved += (after - before) ** 2;
        held += before ** 2;
      }
    }
    return { effect, step: held === 0 ? null : Math.sqrt(moved / held) };
  };
}
