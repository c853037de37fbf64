/** What runs are asked to keep: the wishes of several studies, joined. */
// @needs engine

import { expect, test } from "vitest";
import { answerOptions, comparedReads, keptReads } from "../../src/experiments/jobs/run-options.js";
import type { Reads } from "../../src/studies/read-context.js";
import { condition, type Study } from "../../src/studies/study.js";
import { settings } from "../support/job-settings.js";

const reading = (name: string) => ({ name, start: () => ({ observers: [], of: () => null }) });
/** Makes its readings anew at each call, as a function may. */
const asking = (name: string, reads: () => Reads): Study => ({ name, question: "?", conditions: [], reads });

const mine = asking("mine", () => {
  const own = reading("own");
  return {
    every: { capture: ["a"], readings: [own], lens: "clean" },
    baseline: { capture: ["b"], readings: [own, reading("clean")], lens: true },
    compared: { capture: ["c"] },
  };
});
const other = asking("other", () => ({
  every: { capture: ["a", "d"] },
  baseline: { attentionLayers: [3] },
  compared: { capture: ["e"] },
}));
const all = settings({ studies: ["mine", "other"] });
const context = { depth: 16, outside: [mine, other] };
const names = ({ readings = [] }: { readonly readings?: readonly { readonly name: string }[] }): string[] =>
  readings.map(({ name }) => name);

test("a kept baseline keeps what is wanted of every run, of the baseline and for comparison", () => {
  const reads = keptReads(all, context);
  expect([...(reads.capture ?? [])].sort()).toEqual(["a", "b", "c", "d", "e"]);
  expect(reads.lens).toBe(true);
  expect(reads.attentionLayers).toContain(3);
  // The same reading twice is one.
  expect(names(reads)).toEqual(["own", "clean"]);
});

test("a baseline that only stands beside conditions keeps what is wanted of every run, and what their studies compare", () => {
  const reads = comparedReads(all, [condition("mine", "one", { interventions: [], factors: {} })], context);
  expect([...(reads.capture ?? [])].sort()).toEqual(["a", "c", "d"]);
  expect([names(reads), reads.lens]).toEqual([["own"], "clean"]);
  expect(answerOptions(all, context).capture).toEqual(["a", "d"]);
});
