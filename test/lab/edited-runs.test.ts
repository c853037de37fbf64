/** Edits as the session runs them: the answer beside the clean one, how far latents move, and the controls. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { at, tf } from "../../src/index.js";
import { cleanState, type Edit, type EditOperation, type EditTarget, type LabState } from "../../src/lab/edits/edit.js";
import { placesOf, randomControl } from "../../src/lab/session/controls.js";
import { identityOutcome, randomOutcomes } from "../../src/lab/session/edited-run.js";
import { LabSession } from "../../src/lab/session/lab-session.js";
import type { RunView } from "../../src/lab/session/types.js";
import { loadTiny, problems, question, references } from "../support/tiny.js";

const model = await loadTiny();
const session = new LabSession(model, { draws: 2 });
afterAll(() => model.dispose());

const CELL: EditTarget = { kind: "cell", block: 8, latent: 2 };
const other = problems[40]?.question ?? "";

function edited(
  edits: readonly (readonly [EditTarget, EditOperation, boolean?])[],
  more: Partial<LabState> = {},
): LabState {
  const all = edits.map(([target, operation, on = true], id): Edit => ({ id, target, operation, on }));
  return { ...cleanState(question), edits: all, ...more };
}

/** The run under the edits alone: its controls are stopped before they begin. */
async function alone(state: LabState): Promise<RunView> {
  const stop = new AbortController();
  const views: RunView[] = [];
  const onEdited = (view: RunView): void => {
    views.push(view);
    stop.abort();
  };
  await expect(session.run(state, { onEdited, signal: stop.signal })).rejects.toThrow(/abort/i);
  const [view, ...more] = views;
  if (view === undefined || more.length > 0) throw new Error(`the edited answer was given ${views.length} times`);
  return view;
}

describe("a run under edits", () => {
  test("answers as the reference does where each latent is zeroed after block 8", async () => {
    const [{ question: asked, answer, zeroed } = { question: "", answer: [], zeroed: [] }] = references;
    expect(zeroed).toHaveLength(6);
    for (const [latent, ids] of zeroed.entries()) {
      const state = edited([[{ kind: "cell", block: 8, latent }, { kind: "zero" }]], { question: asked });
      const { clean, edited: run } = await alone(state);
      expect(clean.answer.words.map(({ id }) => id)).toEqual(answer);
      expect(run.answer.words.map(({ id }) => id)).toEqual(ids);
      expect(run.changed).toBe(ids.join() !== answer.join());
    }
    expect(new Set(zeroed.map((ids) => ids.join())).size).toBeGreaterThan(1);
  });

  test.each<[string, EditTarget, EditOperation, string]>([
    ["scale", CELL, { kind: "scale", by: -1.5 }, "scale(-1.5):blocks.8.hook_resid_post@latent.2"],
    ["noise", CELL, { kind: "noise", sigma: 20 }, "noise(20):blocks.8.hook_resid_post@latent.2"],
    [
      "a head",
      { kind: "head", block: 3, head: 1, latent: 0 },
      { kind: "zero" },
      "zero:blocks.3.attn.hook_z[head.1]@latent.0",
    ],
    [
      "an edge",
      { kind: "edge", block: 12, head: null, query: "eot", key: "latent.5" },
      { kind: "cut" },
      "knockout(eot→latent.5):blocks.12.attn.hook_pattern@eot",
    ],
  ])("%s is what the library's own run gives", async (_, target, operation, text) => {
    const view = await alone(edited([[target, operation]], { seed: 7 }));
    expect(view.interventions).toEqual([text]);
    const capture = ["blocks.*.hook_resid_post"] as const;
    const clean = await model.run(question, { capture });
    const expected = clean.answer.value ?? 0;
    const run = await model.run(question, { interventions: [text], seed: 7, capture, expected });
    expect(view.edited.answer.words.map(({ id }) => id)).toEqual(run.answer.ids);
    expect(view.edited.kl ?? Number.NaN).toBeCloseTo(run.kl ?? Number.NaN, 3);
    const state = (of: typeof run, block: number, latent: number): number[] => {
      const place = of.layout.names.indexOf(`latent.${latent}`) * 64;
      return [...of.captures.get(`blocks.${block}.hook_resid_post`).data.subarray(place, place + 64)];
    };
    const products = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
    expect(view.edited.moved).toHaveLength(16);
    for (const [block, row] of view.edited.moved.entries())
      for (const [latent, relative] of row.entries()) {
        const [a, b] = [state(run, block, latent), state(clean, block, latent)];
        const difference = a.map((x, i) => x - (b[i] ?? 0));
        expect(relative).toBeCloseTo(Math.hypot(...difference) / Math.hypot(...b), 4);
        if (block < 15) continue;
        expect(view.edited.latents[latent]?.relative).toBe(relative);
        expect(view.edited.latents[latent]?.cosine).toBeCloseTo(
          products(a, b) / (Math.hypot(...a) * Math.hypot(...b)),
          4,
        );
      }
  });

  test("moves nothing before the edit, and the same numbers stand beside the clean run", async () => {
    const { edited: run, clean } = await alone(edited([[CELL, { kind: "zero" }]]));
    for (const [block, row] of run.moved.entries()) {
      expect(row.slice(0, 2)).toEqual([0, 0]);
      if (block < 8) expect(row[2]).toBe(0);
    }
    expect(run.moved[8]?.[2]).toBeCloseTo(1, 5);
    expect(run.latents.map(({ relative }) => relative > 0)).toEqual([false, false, true, true, true, true]);
    expect(run.latents.slice(0, 2).map(({ cosine }) => cosine)).toEqual([1, 1]);
    expect(clean).toEqual(await session.open(question));
    expect(run.words.slice(0, 2).map((words) => words[0]?.id)).toEqual(
      clean.latents.slice(0, 2).map(({ words }) => words[0]?.id),
    );
  });

  test("leaves out what is switched off, and is the clean run where nothing is on", async () => {
    const one = await alone(edited([[CELL, { kind: "zero" }]]));
    const two = await alone(
      edited([
        [CELL, { kind: "zero" }],
        [{ ...CELL, latent: 0 }, { kind: "zero" }, false],
      ]),
    );
    expect(two.interventions).toEqual(one.interventions);
    expect(two.edited).toEqual(one.edited);
    const none = await session.run(edited([[CELL, { kind: "zero" }, false]]));
    expect(none.controls).toBeNull();
    expect(none.edited.answer).toEqual(none.clean.answer);
    expect(none.edited.changed).toBe(false);
    expect(none.edited.moved.flat().every((each) => each === 0)).toBe(true);
  });

  test("another question's value, the counterfactual's, the mean and a saved direction are the library's", async () => {
    const cases: [EditOperation, Parameters<typeof model.run>[1]][] = [
      [{ kind: "other", question: other }, { interventions: ["patch(x):blocks.8.hook_resid_post@latent.2"] }],
      [{ kind: "patch", question: other }, { interventions: ["patch(x):blocks.8.hook_resid_post@latent.2"] }],
      [
        { kind: "mean" },
        { interventions: ["mean:blocks.8.hook_resid_post@latent.2"], reference: session.facts.reference },
      ],
      [
        { kind: "steer", direction: "d", scale: 30 },
        { interventions: ["add(x,30):blocks.8.hook_resid_post@latent.2"] },
      ],
    ];
    const numbers = Array.from({ length: 64 }, (__, i) => Math.sin(i));
    const source = await model.run(other, { capture: ["blocks.8.hook_resid_post"] });
    for (const [operation, options] of cases) {
      const state = edited([[CELL, operation]], {
        counterfactual: other,
        directions: { d: { kind: "vector", numbers } },
      });
      const { edited: found } = await alone(state);
      const run = await model.run(question, {
        ...options,
        sources: { x: [source] },
        values: { x: { shape: [64], data: Float32Array.from(numbers) } },
        lens: true,
      });
      expect(found.answer.words.map(({ id }) => id)).toEqual(run.answer.ids);
      expect(found.words.map(([word]) => word?.id)).toEqual(run.lens.slice(1).map(({ top }) => top[0]?.id));
      for (const [i, { probability }] of found.answer.words.entries())
        expect(probability).toBeCloseTo(Math.exp(run.answer.tokens[i]?.logProb ?? Number.NaN), 3);
    }
  });
});

describe("the controls", () => {
  test("stand beside every edit: the identity equals the clean run bit for bit", async () => {
    const views: RunView[] = [];
    const state = edited([
      [CELL, { kind: "zero" }],
      [
        { kind: "head", block: 10, head: 3, latent: 4 },
        { kind: "scale", by: 3 },
      ],
      [{ kind: "edge", block: 5, head: 2, query: "latent.3", key: "question.0" }, { kind: "cut" }],
    ]);
    const view = await session.run(state, { onEdited: (each) => views.push(each) });
    expect(views.map(({ controls }) => controls)).toEqual([null]);
    expect(views[0]?.edited).toEqual(view.edited);
    expect(view.controls?.identity).toEqual({ answer: view.clean.answer, exact: true, largest: 0 });
    expect(view.controls?.random).toHaveLength(2);
    expect(view.controls?.noRandom).toBeNull();
  });

  test("the identity says how far it is off, where it is not the clean run", async () => {
    const state = edited([[CELL, { kind: "zero" }]]);
    const view = await session.open(question);
    // As if the pass had rounded otherwise at one place of the last latent.
    const capture = ["blocks.*.hook_resid_post"] as const;
    const result = await model.run(question, {
      capture,
      interventions: ["scale(1.001):blocks.15.hook_resid_post@latent.5"],
    });
    const off = await identityOutcome(model, { state, clean: { result, view } });
    expect(off.exact).toBe(false);
    const own = result.captures.at("blocks.15.hook_resid_post", at.latent(5)).data;
    expect(off.largest / Math.max(...own.map((x) => Math.abs(x - x / 1.001)))).toBeCloseTo(1, 2);
  });

  test("random directions are as far from the clean state as the edit, and change nothing before it", async () => {
    const { edited: run, controls } = await session.run(edited([[CELL, { kind: "scale", by: 2.5 }]]));
    for (const control of controls?.random ?? []) {
      expect(control.moved[8]?.[2]).toBeCloseTo(run.moved[8]?.[2] ?? Number.NaN, 4);
      expect(
        control.moved.flatMap((row, block) => (block < 8 ? row.slice(0, 3) : row.slice(0, 2))).every((x) => x === 0),
      ).toBe(true);
    }
    const at = controls?.random.map(({ moved }) => moved[9]?.[2]);
    expect(new Set(at).size).toBe(2);
  });

  test("are drawn with the seed", async () => {
    const state = edited([[CELL, { kind: "zero" }]]);
    const [a, b, c] = [await session.run(state), await session.run(state), await session.run({ ...state, seed: 1 })];
    expect(b.controls).toEqual(a.controls);
    expect(c.edited).toEqual(a.edited);
    expect(c.controls?.random).not.toEqual(a.controls?.random);
  });

  test("of an edge and of a head change what the heads read where they act, by as much as the edit did", async () => {
    const edge = edited([
      [{ kind: "edge", block: 5, head: null, query: "latent.3", key: "latent.0" }, { kind: "cut" }],
    ]);
    const head = edited([
      [
        { kind: "head", block: 5, head: 2, latent: 3 },
        { kind: "scale", by: 2 },
      ],
    ]);
    const clean = await model.run(question, { capture: ["blocks.5.attn.hook_z"] });
    for (const { edits, operation } of [
      { edits: edge.edits, operation: "knockout(latent.3→latent.0):blocks.5.attn.hook_pattern@latent.3" },
      { edits: head.edits, operation: "scale(2):blocks.5.attn.hook_z[head.2]@latent.3" },
    ]) {
      const run = await model.run(question, { interventions: [operation], capture: ["blocks.5.attn.hook_z"] });
      const places = placesOf(edits);
      const control = randomControl(places, { run, clean, seed: 0, draw: 0 });
      expect(control).not.toBeNull();
      const drawn = await model.run(question, {
        interventions: control?.interventions ?? [],
        values: control?.values ?? {},
        capture: ["blocks.5.attn.hook_z"],
      });
      const z = (of: typeof run): Float32Array => {
        const place = of.layout.names.indexOf("latent.3") * 64;
        return of.captures.get("blocks.5.attn.hook_z").data.subarray(place, place + 64);
      };
      const far = (of: typeof run, from = 0, to = 64): number =>
        Math.hypot(
          ...z(of)
            .map((x, i) => x - (z(clean)[i] ?? 0))
            .subarray(from, to),
        );
      expect(far(drawn) / far(run)).toBeCloseTo(1, 2);
      expect(far(run)).toBeGreaterThan(0.1);
      // Of a head that is named, the others keep their values.
      if (edits === head.edits) expect(far(drawn, 32, 48)).toBeCloseTo(far(drawn), 5);
    }
  });

  test("are none where neither run has the place, and an edit there is refused", async () => {
    const state = edited([[{ kind: "edge", block: 5, head: 0, query: "answer.40", key: "eot" }, { kind: "cut" }]]);
    await expect(session.run(state)).rejects.toThrow(/answer\.40/);
    const run = await model.run(question, { capture: ["blocks.5.attn.hook_z"] });
    const clean = { result: run, view: await session.open(question) };
    expect(await randomOutcomes(model, { state, clean, edited: { run, clean: run }, draws: 2 })).toEqual([]);
  });
});

test("one thing is computed at a time, and a run that was stopped or failed leaves no tensor behind", async () => {
  const state = edited([[CELL, { kind: "zero" }]]);
  await session.run(state);
  const tensors = tf.memory().numTensors;
  const order: string[] = [];
  const stop = new AbortController();
  const first = session.run(state, { onEdited: () => stop.abort(), signal: stop.signal }).catch((error: unknown) => {
    order.push("first");
    throw error;
  });
  const second = session.open(other).then(() => order.push("second"));
  await expect(first).rejects.toThrow(/abort/i);
  await second;
  expect(order).toEqual(["first", "second"]);
  const before = new AbortController();
  before.abort(new Error("put away"));
  await expect(session.open(question, { signal: before.signal })).rejects.toThrow("put away");
  const broken = edited([[{ kind: "cell", block: 99, latent: 0 }, { kind: "zero" }]]);
  await expect(session.run(broken)).rejects.toThrow(/block 99/);
  await session.run(state);
  expect(tf.memory().numTensors).toBe(tensors);
});
