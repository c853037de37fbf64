/** What deaths of the computing process teach, without any process. */
// @needs nothing

import { expect, test } from "vitest";
import { afterDeath, type Begun, type Death, isHopeless, type Trouble } from "../../src/experiments/work/isolation.js";

const begun = (more: Partial<Begun>): Begun => ({
  ...{ stage: "alone", part: 7, problems: [4], conditions: [0, 1], condition: null, what: "" },
  ...more,
});
const fresh: Death = { cause: "SIGKILL", hasSurvived: false };
const later: Death = { cause: "SIGKILL", hasSurvived: true };

/** The deaths of a problem that cannot even be run without intervention. */
function deadProblem(before: Trouble | null, problem: number, death: Death): Trouble {
  const alone = afterDeath(before, begun({ problems: [problem] }), death);
  return afterDeath(alone, begun({ problems: [problem], conditions: [0], condition: 0 }), fresh);
}

test("a part that dies is tried problem by problem, from its first one on", () => {
  expect(afterDeath(null, begun({ stage: "first", problems: [4, 9, 13] }), fresh)).toEqual({
    ...{ part: 7, stage: "alone", next: { problem: 4, condition: 0 }, split: [], fatal: [], inARow: 0 },
  });
});

test("three problems in a row whose baseline kills are the machine's fault, whatever their places in the run", () => {
  let trouble = afterDeath(null, begun({ stage: "first", problems: [1, 4, 11] }), fresh);
  const seen: boolean[] = [];
  for (const problem of [1, 4, 11]) {
    trouble = deadProblem(trouble, problem, fresh);
    seen.push(isHopeless(trouble));
  }
  expect(seen).toEqual([false, false, true]);
});

test("also where each is a part of its own", () => {
  let trouble: Trouble | null = null;
  for (const [part, problem] of [2, 3, 8].entries()) {
    expect(trouble === null ? false : isHopeless(trouble)).toBe(false);
    trouble = afterDeath(trouble, begun({ stage: "first", part, problems: [problem] }), fresh);
    trouble = deadProblem(trouble, problem, fresh);
  }
  expect(trouble === null ? false : isHopeless(trouble)).toBe(true);
});

test("not where something between them survived, be it in another part", () => {
  let trouble = afterDeath(null, begun({ stage: "first", problems: [1, 4, 11, 12] }), fresh);
  trouble = deadProblem(trouble, 1, fresh);
  trouble = deadProblem(trouble, 4, fresh);
  expect(isHopeless(deadProblem(trouble, 12, later))).toBe(false);
  const other = afterDeath(trouble, begun({ stage: "first", part: 8, problems: [20] }), later);
  expect(isHopeless(deadProblem(other, 20, fresh))).toBe(false);
});
