/** Attention of one latent in every head of the block: the positions with most of it, and BOS. */

import type { JSX } from "preact";
import type { AttentionSlice, PositionView } from "../../session/types.js";
import { percent } from "../parts/numbers.js";
import { nameOf } from "../parts/position-name.js";
import { scaleClass } from "../parts/scale.js";
import { showAttention } from "../state.js";

/** Which attention. */
export interface AttentionTableOptions {
  readonly title: string;
  readonly slice: AttentionSlice;
  readonly block: number;
  readonly latent: number;
  /** Does the latent look, or is it looked at? */
  readonly isFrom: boolean;
}

const SHOWN = 6;

/** A row a position, a column a head; a head's name enlarges it. */
export function AttentionTable({ title, slice, block, latent, isFrom }: AttentionTableOptions): JSX.Element {
  const { positions, weights } = slice;
  const chosen = strongest(slice);
  const left = positions.length - chosen.length;
  return (
    <div class="scroll">
      <table class="numbers attention-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">position</th>
            {weights.map((_, head) => (
              <th key={head} scope="col">
                <button
                  type="button"
                  class="link"
                  title={`Enlarge head ${head} of block ${block}`}
                  onClick={() =>
                    showAttention({
                      block,
                      head,
                      from: isFrom ? `latent.${latent}` : (best(slice, head)?.name ?? "eot"),
                    })
                  }
                >
                  <span class="unseen">Enlarge </span>head {head}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chosen.map((place) => (
            <tr key={place}>
              <th scope="row">{positions.slice(place, place + 1).map(nameOf)}</th>
              {weights.map((row, head) => (
                <td key={head} class={scaleClass(row[place] ?? 0)}>
                  {percent(row[place] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 ? <p class="small quiet">{left} positions with less are left out.</p> : null}
    </div>
  );
}

/** Places with the largest weight of any head, in the order of the sequence; BOS always. */
function strongest({ positions, weights }: AttentionSlice): number[] {
  const most = positions.map((_, place) => Math.max(...weights.map((row) => row[place] ?? 0)));
  const bos = positions.findIndex(({ name }) => name === "question.0");
  const order = most.map((_, place) => place).sort((a, b) => (most[b] ?? 0) - (most[a] ?? 0));
  const kept = new Set(order.slice(0, SHOWN));
  if (bos >= 0) kept.add(bos);
  return [...kept].sort((a, b) => a - b);
}

function best({ positions, weights }: AttentionSlice, head: number): PositionView | undefined {
  const row = weights[head] ?? [];
  return positions[row.indexOf(Math.max(...row))];
}
