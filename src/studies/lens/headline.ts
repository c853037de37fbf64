/** What the lens comes to: which value is named where, against another problem's. */

import { firstRows, type Headline, shareText, shortSentence } from "../../exhibits/headline.js";
import { signed } from "../../exhibits/number-text.js";
import type { LensCell, LensMap } from "./summary.js";

const RANK = 4;

/** Each position's most often named value; the rows' controls are other problems' values. */
export function lensHeadline({ cells }: LensMap): Headline | null {
  const share = ({ hits, n }: LensCell): number => (n === 0 ? 0 : hits / n);
  const positions = [...new Set(cells.map(({ position }) => position))];
  const best = positions.flatMap((position) => {
    const mine = cells.filter((cell) => cell.position === position && cell.n > 0);
    return [...mine].sort((a, b) => share(b) - share(a) || b.n - a.n)[0] ?? [];
  });
  const [most] = [...best].sort((a, b) => share(b) - share(a) || b.n - a.n);
  if (most === undefined) return null;
  const chance = most.chance === null ? "" : `; another problem's value: ${signed(most.chance)}`;
  const what = most.target === "answer" ? "the answer" : `the value of ${most.target}`;
  return {
    sentence: shortSentence([
      ...(most.hits === 0
        ? [
            `The head's first choice names no value of the solution at any position: ${most.hits} of ${most.n} (${shareText(most.rate)}).`,
          ]
        : []),
      `The head names ${what} at ${nameOf(most.position)} in ${most.hits} of ${most.n} problems (${shareText(most.rate)})${chance}.`,
    ]),
    unit: "share named",
    rows: firstRows(
      best.map(({ rate, chance: control, n, ...cell }) => ({
        label: labelOf(cell),
        own: rate,
        control: control === null ? null : { kind: "value", value: control, low: null, high: null, n },
      })),
    ),
    rank: RANK,
    about: labelOf(most),
  };
}

/** A cell in a card. */
export function labelOf({ position, target }: Pick<LensCell, "position" | "target">): string {
  return `${nameOf(position)}: ${target}`;
}

function nameOf(position: string): string {
  return position === "bot" ? "BOT" : position.replace(".", " ");
}
