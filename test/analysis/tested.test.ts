/** What the report says of a study's tests, counted by hand. */
// @needs nothing

import { expect, test } from "vitest";
import type { StudyCondition } from "../../src/studies/finding.js";
import { testedSentence } from "../../src/studies/shared/tested.js";

const condition = (isControl: boolean, p: number | null): StudyCondition =>
  ({
    isControl,
    mcnemar: p === null ? { kind: "undefined", reason: "no pair changed" } : { kind: "value", p },
  }) as StudyCondition;

test("says how large the family is, what was tested, and what is a control", () => {
  const conditions = [condition(false, 0.1), condition(false, null), condition(false, 0.5), condition(true, 0.5)];
  expect(testedSentence(conditions)).toBe(
    "Exploratory: one family of 3 conditions, 2 tested (McNemar's exact test, Holm-adjusted over these); 1 without a changed answer, where there is nothing to test; 1 control, shown and not tested.",
  );
  expect(testedSentence([])).toBe("Exploratory: intervals only, nothing is tested.");
});
