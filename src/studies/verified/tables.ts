/** The tables of the study `verified`: how often a chain is found, and the chain of each problem. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import { type TableExhibit, type TableFile, tableExhibit } from "../../exhibits/exhibit.js";
import { rateText } from "../../exhibits/headline.js";
import { table } from "../../exhibits/table.js";
import type { Rate } from "../../statistics/estimate.js";
import { isSameChain } from "./equation.js";
import type { BesideOthers, ProblemChains, VerifiedLevel, VerifiedSummary } from "./summary.js";
import { chainText, choicesText, sameText } from "./words.js";

const WHAT = {
  found: "a chain ends in the model's answer",
  right: "the same, of right answers",
  wrong: "the same, of wrong answers",
  same: "the chain is the solution's",
} as const;
const KINDS = ["found", "right", "wrong", "same"] as const;

/** A row a depth of the search and kind of chain. */
export function levelsTable({ levels }: VerifiedSummary): TableExhibit {
  const rows = levels.flatMap((level) =>
    KINDS.filter((kind) => level[kind].own.n > 0).map((kind) => [
      choicesText(level.choices),
      WHAT[kind],
      rateText(level[kind].own),
      level[kind].other === null ? "–" : rateText(level[kind].other),
    ]),
  );
  return tableExhibit({
    key: "",
    table: table("Chains that are read from the latents", {
      header: ["head's choices", "chain", "own latents [95 %]", "another problem's latents (control) [95 %]"],
      rows,
    }),
    shown:
      "Problems with such a chain; 95 % Wilson intervals. The control has this question and answer, and the latents of another problem.",
    folded: null,
    files: [levelsFile(levels)],
  });
}

function levelsFile(levels: readonly VerifiedLevel[]): TableFile {
  const row = (level: VerifiedLevel, kind: (typeof KINDS)[number]): (string | number | null)[] => {
    const { own, other }: BesideOthers = level[kind];
    return [
      level.choices,
      kind,
      ...countCells(own),
      ...(other === null ? [null, null, null, null] : countCells(other).filter((_, i) => i !== 1)),
    ];
  };
  return {
    file: "verified",
    about: "Chains of equations that are read from BOT and the latents: a row a depth of the search and kind of chain.",
    columns: [
      integer("choices", "how many of the head's choices at each position are looked at"),
      text(
        "chain",
        "found: it ends in the model's answer; right, wrong: the same, of right and of wrong answers; same: it is the solution's",
      ),
      integer("problems", "problems with such a chain"),
      integer("n", "problems that could have one"),
      ...interval("share", "problems / n"),
      integer("control", "problems with such a chain in the latents of another problem"),
      ...interval("control_share", "control / n"),
    ],
    rows: levels.flatMap((level) => KINDS.map((kind) => row(level, kind))),
  };
}

function countCells({ count, n, rate }: Rate): (number | null)[] {
  return [count, n, ...cells(rate)];
}

/** A row a problem: what its latents say, by the head's first choices. */
export function chainsTable({ problems }: VerifiedSummary): TableExhibit {
  return tableExhibit({
    key: "chains",
    table: table("The chain of each problem", {
      header: ["problem", "model's answer", "chain", "the solution's", "another problem's latents (control)"],
      rows: problems.map((each) => [
        each.problemId,
        each.answer === null ? "no number" : `${each.answer}${each.correct ? "" : " (wrong)"}`,
        chainText(each.chains[0], each.positions),
        sameText(each, isSolution(each, 0)),
        each.others.length === 0 ? "–" : chainText(each.others[0], each.positions),
      ]),
    }),
    shown: "Chains among the head's first choices; in brackets, where each value is named.",
    folded: "The chain of each problem (with more choices: tables/verified_chains.csv)",
    files: [chainsFile(problems)],
  });
}

function chainsFile(problems: readonly ProblemChains[]): TableFile {
  return {
    file: "verified_chains",
    about: "The chain of equations that is read from a problem's latents: a row a problem and depth of the search.",
    columns: [
      text("problem", "the problem's id"),
      integer("choices", "how many of the head's choices at each position are looked at"),
      text("chain", "equations, and in brackets where each value is named; none: no chain ends in the model's answer"),
      text(
        "same",
        "yes where it is the solution's chain, no where it is not; –: the solution is no chain of equations of two numbers",
      ),
      text("control", "the chain that the latents of another problem give; empty with one problem"),
    ],
    rows: problems.flatMap((each) =>
      each.chains.map((chain, level) => [
        each.problemId,
        level + 1,
        chainText(chain, each.positions),
        sameText(each, isSolution(each, level)),
        each.others.length === 0 ? null : chainText(each.others[level], each.positions),
      ]),
    ),
  };
}

function isSolution({ chains, solution }: ProblemChains, level: number): boolean {
  const chain = chains[level] ?? null;
  return chain !== null && solution !== null && isSameChain(chain.steps, solution);
}
