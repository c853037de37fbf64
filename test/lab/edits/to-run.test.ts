/** Edits by hand run as the library's interventions: the same answers as the library's functions give, and wrong ones are refused. */
// @needs engine

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CodiModel, formatIntervention, parseIntervention } from "../../../src/index.js";
import type { Edit, LabState } from "../../../src/lab/edits/edit.js";
import { runOptions } from "../../../src/lab/edits/run-options.js";
import { toRun } from "../../../src/lab/edits/to-run.js";
import type { RunResult } from "../../../src/model/latent/run-types.js";
import { ASKED, COUNTERFACTUAL, EVERY_KIND, edited, TINY } from "../../support/lab-edits.js";
import { loadTiny } from "../../support/tiny.js";

let model: CodiModel;
beforeAll(async () => {
  model = await loadTiny();
});
afterAll(() => model.dispose());

const tokens = ({ answer }: RunResult): object[] => answer.tokens.map(({ id, logProb }) => ({ id, logProb }));

async function run(state: LabState): Promise<RunResult> {
  const options = await runOptions(toRun(state, TINY), (question, capture) => model.run(question, { capture }));
  return model.run(state.question, options);
}

describe("an edit by hand", () => {
  test.each(EVERY_KIND)("$name: is what the library's function does", async ({ state, options }) => {
    const byHand = await run(state);
    const byFunction = await model.run(ASKED, await options(model));
    const clean = await model.run(ASKED);
    expect(tokens(byHand)).toEqual(tokens(byFunction));
    expect(tokens(byHand)).not.toEqual(tokens(clean));
    expect(byHand.fired.every(({ count, planned }) => count === planned && count > 0)).toBe(true);
  });

  test("is text as the library writes it", () => {
    for (const { name, state } of EVERY_KIND)
      for (const text of toRun(state, TINY).interventions)
        expect([name, formatIntervention(parseIntervention(text))]).toEqual([name, text]);
  });

  test("that is switched off is left out, with what it reads", () => {
    const [state] = EVERY_KIND.filter(({ name }) => name === "several").map((each) => each.state);
    const off = { ...(state as LabState), edits: (state as LabState).edits.map((edit) => ({ ...edit, on: false })) };
    expect(toRun(off, TINY)).toEqual({ interventions: [], sources: {}, directions: {}, reference: [], seed: 0 });
  });

  test("reads a run once, whatever reads it, and two questions by two names", () => {
    const at = (block: number) => ({ kind: "cell", block, latent: 0 }) as const;
    const { interventions, sources } = toRun(
      edited([
        { target: at(1), operation: { kind: "other", question: "A?" } },
        { target: at(2), operation: { kind: "other", question: "B?" } },
        { target: at(3), operation: { kind: "other", question: "A?" } },
        { target: at(3), operation: { kind: "other", question: COUNTERFACTUAL } },
        { target: at(4), operation: { kind: "patch", question: COUNTERFACTUAL } },
      ]),
      TINY,
    );
    expect(interventions.map((text) => text.slice(0, text.indexOf(":")))).toEqual(
      ["other", "other2", "other", "counterfactual", "counterfactual"].map((name) => `patch(${name})`),
    );
    expect(sources).toEqual({
      counterfactual: { question: COUNTERFACTUAL, capture: ["blocks.3.hook_resid_post", "blocks.4.hook_resid_post"] },
      other: { question: "A?", capture: ["blocks.1.hook_resid_post", "blocks.3.hook_resid_post"] },
      other2: { question: "B?", capture: ["blocks.2.hook_resid_post"] },
    });
  });
});

const CELL = { kind: "cell", block: 6, latent: 1 } as const;
const edge = (query: string, key: string): Edit["target"] => ({ kind: "edge", block: 0, head: null, query, key });
const WRONG: readonly [Edit["target"], Edit["operation"], string][] = [
  [{ ...CELL, block: 16 }, { kind: "zero" }, "there is no block 16, the model has 16"],
  [{ ...CELL, block: 0.5 }, { kind: "zero" }, "there is no block 0.5, the model has 16"],
  [{ ...CELL, latent: -1 }, { kind: "zero" }, "there is no latent -1, the model has 6"],
  [{ kind: "head", block: 0, head: 4, latent: 0 }, { kind: "zero" }, "there is no head 4, the model has 4"],
  [edge("eot", "latent.6"), { kind: "cut" }, "there is no latent 6, the model has 6"],
  [edge("latent", "bot"), { kind: "cut" }, '"latent" is no position'],
  [edge("bot", "latent.0"), { kind: "cut" }, "BOT comes before latent 0 and cannot look at it"],
  [edge("latent.1", "latent.2"), { kind: "cut" }, "latent 1 comes before latent 2 and cannot look at it"],
  [edge("question.0", "question.0"), { kind: "cut" }, "BOS looks at itself alone, which cannot be cut"],
  [edge("eot", "bot"), { kind: "zero" }, "an edge of attention can only be cut"],
  [CELL, { kind: "cut" }, "only an edge of attention can be cut"],
  [CELL, { kind: "noise", sigma: 0 }, "sigma is 0, a number above 0 and at most 100 was wanted"],
  [CELL, { kind: "scale", by: 3.1 }, "the factor is 3.1, a number from -2 to 3 was wanted"],
  [CELL, { kind: "scale", by: Number.NaN }, "the factor is NaN, a number from -2 to 3 was wanted"],
  [CELL, { kind: "patch", question: " " }, "there is no counterfactual to patch from"],
  [CELL, { kind: "other", question: "" }, "there is no other question to take the value of"],
  [CELL, { kind: "steer", direction: "constructor", scale: 1 }, 'no direction "constructor" was saved'],
  [
    CELL,
    { kind: "steer", direction: "short", scale: 1 },
    'the direction "short" has 2 numbers, and 64 were wanted there',
  ],
];

describe("an edit that cannot be", () => {
  test.each(WRONG)("%o %o is refused", (target, operation, why) => {
    const short = { kind: "vector", numbers: [1, 2] } as const;
    const state = edited(
      [
        { target: CELL, operation: { kind: "zero" } },
        { target, operation },
      ],
      {
        directions: { short },
      },
    );
    expect(() => toRun(state, TINY)).toThrow(`Edit 2: ${why}`);
    expect(toRun({ ...state, edits: state.edits.map((each) => ({ ...each, on: each.id === 1 })) }, TINY)).toBeDefined();
  });

  test("a blank question, a wrong seed and a mean over nothing are refused", () => {
    expect(() => toRun({ ...edited([]), question: " \n" }, TINY)).toThrow("The question is blank");
    expect(() => toRun({ ...edited([]), seed: -1 }, TINY)).toThrow("The seed is -1, a whole number from 0 was wanted");
    const averaged = edited([{ target: CELL, operation: { kind: "mean" } }]);
    expect(() => toRun(averaged, { ...TINY, reference: [] })).toThrow("Edit 1: there are no questions");
  });
});
