/** One state of the page for every kind of edit, and the same edit by the library's functions. */

import { add, at, type CodiModel, knockout, mean, noise, patch, scale, site, zero } from "../../src/index.js";
import { cleanState, type Edit, type LabFacts, type LabState } from "../../src/lab/edits/edit.js";
import { REFERENCE_QUESTIONS } from "../../src/lab/edits/reference.js";
import type { RunOptions } from "../../src/model/latent/run-types.js";

/** What the page knows of the embedded model. */
export const TINY: LabFacts = {
  model: "tiny-codi",
  blocks: 16,
  heads: 4,
  latents: 6,
  width: 64,
  headWidth: 16,
  reference: REFERENCE_QUESTIONS,
  feedback: "projection",
  hasBos: true,
  load: {},
};

/** The question of the states. */
export const ASKED =
  "Lily has 6 boxes with 5 marbles in each. Then Lily gives away half. Lily finds 7 more. Then Lily uses 4. Lily sells 10. How many marbles does Lily have now?";
/** Its counterfactual. */
export const COUNTERFACTUAL = ASKED.replace("6 boxes", "8 boxes");
const OTHER = "Zoe has 5 bags with 4 shells in each. How many shells does Zoe have?";
const VECTOR = Array.from({ length: 16 }, (_, i) => Math.fround(Math.sin(i + 1)));

const CELL = { kind: "cell", block: 6, latent: 0 } as const;
const HEAD = { kind: "head", block: 0, head: 1, latent: 1 } as const;
const stream = site.block(6).residPost;
const z = site.block(0).attn.z;

/** Edits that are on, numbered from 1. */
export function edited(edits: readonly Pick<Edit, "target" | "operation">[], more: Partial<LabState> = {}): LabState {
  return { ...cleanState(ASKED), ...more, edits: edits.map((edit, i) => ({ id: i + 1, on: true, ...edit })) };
}

/** A kind of edit. */
export interface EditCase {
  readonly name: string;
  readonly state: LabState;
  /** What `model.run` is given for the same, written by hand. */
  readonly options: (model: CodiModel) => RunOptions | Promise<RunOptions>;
}

const source = (model: CodiModel, question: string) => model.run(question, { capture: [stream, z] });

/** Every operation and every kind of target, and several at once. */
export const EVERY_KIND: readonly EditCase[] = [
  {
    name: "zero",
    state: edited([{ target: CELL, operation: { kind: "zero" } }]),
    options: () => ({ interventions: [zero(stream, at.latent(0))] }),
  },
  {
    name: "mean",
    state: edited([{ target: CELL, operation: { kind: "mean" } }]),
    options: () => ({ interventions: [mean(stream, at.latent(0))], reference: REFERENCE_QUESTIONS }),
  },
  {
    name: "other",
    state: edited([{ target: HEAD, operation: { kind: "other", question: OTHER } }]),
    options: async (model) => ({
      interventions: [patch(z, at.latent(1), { run: await source(model, OTHER), head: 1 })],
    }),
  },
  {
    name: "noise",
    state: edited([{ target: CELL, operation: { kind: "noise", sigma: 0.75 } }], { seed: 7 }),
    options: () => ({ interventions: [noise(stream, at.latent(0), { sigma: 0.75 })], seed: 7 }),
  },
  {
    name: "scale",
    state: edited([{ target: CELL, operation: { kind: "scale", by: -2 } }]),
    options: () => ({ interventions: [scale(stream, at.latent(0), { by: -2 })] }),
  },
  {
    name: "steer",
    state: edited([{ target: CELL, operation: { kind: "steer", direction: "more-marbles", scale: 1.5 } }], {
      directions: { "more-marbles": { kind: "difference", target: CELL, question: COUNTERFACTUAL, minus: ASKED } },
    }),
    options: async (model) => {
      const [a, b] = [await source(model, COUNTERFACTUAL), await source(model, ASKED)];
      const vector = a.captures.at(stream, at.latent(0)).minus(b.captures.at(stream, at.latent(0)));
      return { interventions: [add(stream, at.latent(0), { vector, scale: 1.5 })] };
    },
  },
  {
    name: "steer-head",
    state: edited([{ target: HEAD, operation: { kind: "steer", direction: "dropped", scale: -2 } }], {
      directions: { dropped: { kind: "vector", numbers: VECTOR } },
    }),
    options: () => ({ interventions: [add(z, at.latent(1), { vector: VECTOR, scale: -2, head: 1 })] }),
  },
  {
    name: "patch",
    state: edited([{ target: CELL, operation: { kind: "patch", question: COUNTERFACTUAL } }], {
      counterfactual: COUNTERFACTUAL,
    }),
    options: async (model) => ({
      interventions: [patch(stream, at.latent(0), { run: await source(model, COUNTERFACTUAL) })],
    }),
  },
  {
    name: "cut",
    state: edited([
      {
        target: { kind: "edge", block: 0, head: 1, query: "latent.1", key: "question.41" },
        operation: { kind: "cut" },
      },
    ]),
    options: () => ({
      interventions: [knockout(site.block(0).attn.pattern, at.latent(1), { keys: at.question(41), head: 1 })],
    }),
  },
  {
    name: "cut-all-heads",
    state: edited([
      {
        target: { kind: "edge", block: 1, head: null, query: "latent.1", key: "question.42" },
        operation: { kind: "cut" },
      },
    ]),
    options: () => ({ interventions: [knockout(site.block(1).attn.pattern, at.latent(1), { keys: at.question(42) })] }),
  },
  {
    name: "several",
    state: (() => {
      const state = edited(
        [
          { target: CELL, operation: { kind: "other", question: "It's Zoe's: 2 \"bags\" of $3 & 4. How many?" } },
          { target: HEAD, operation: { kind: "zero" } },
          { target: { ...CELL, block: 9 }, operation: { kind: "patch", question: COUNTERFACTUAL } },
          { target: { ...CELL, latent: 4 }, operation: { kind: "mean" } },
          { target: { ...CELL, latent: 4 }, operation: { kind: "steer", direction: "dir", scale: 0.25 } },
          { target: { kind: "edge", block: 5, head: 0, query: "eot", key: "latent.0" }, operation: { kind: "cut" } },
        ],
        {
          counterfactual: COUNTERFACTUAL,
          directions: { dir: { kind: "difference", target: { ...CELL, latent: 4 }, question: ASKED, minus: OTHER } },
        },
      );
      return { ...state, edits: state.edits.map((edit) => ({ ...edit, on: edit.id !== 2 })) };
    })(),
    options: async (model) => {
      const zoe = await source(model, "It's Zoe's: 2 \"bags\" of $3 & 4. How many?");
      const late = site.block(9).residPost;
      const counterfactual = await model.run(COUNTERFACTUAL, { capture: [late] });
      const [a, b] = [await source(model, ASKED), await source(model, OTHER)];
      const vector = a.captures.at(stream, at.latent(4)).minus(b.captures.at(stream, at.latent(4)));
      return {
        interventions: [
          patch(stream, at.latent(0), { run: zoe }),
          patch(late, at.latent(0), { run: counterfactual }),
          mean(stream, at.latent(4)),
          add(stream, at.latent(4), { vector, scale: 0.25 }),
          knockout(site.block(5).attn.pattern, at.eot, { keys: at.latent(0), head: 0 }),
        ],
        reference: REFERENCE_QUESTIONS,
      };
    },
  },
];
