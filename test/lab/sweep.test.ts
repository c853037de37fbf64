/** Sweeps of the page: every cell is a run by itself, they come a few at a time, and a sweep can be stopped. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { tf } from "../../src/index.js";
import { cleanState, type EditOperation } from "../../src/lab/edits/edit.js";
import { LabSession } from "../../src/lab/session/lab-session.js";
import { sweptState } from "../../src/lab/session/sweep.js";
import type { SweepProgress } from "../../src/lab/session/types.js";
import { loadTiny, question, references } from "../support/tiny.js";

const model = await loadTiny();
const session = new LabSession(model);
afterAll(() => model.dispose());

test("block 8's row is the reference's answers, and the cells come a few at a time", async () => {
  for (const { question: asked, answer, zeroed } of references.slice(0, 2)) {
    const parts: SweepProgress[] = [];
    const operation: EditOperation = { kind: "zero" };
    const view = await session.sweep(cleanState(asked), { operation, onProgress: (part) => parts.push(part) });
    expect(view.cells.map(({ block, latent }) => block * 6 + latent)).toEqual(Array.from({ length: 96 }, (_, i) => i));
    const row = view.cells.filter(({ block }) => block === 8);
    expect(row.map(({ answer: text }) => text)).toEqual(
      zeroed.map((ids) => model.tokenizer.decode(ids, { skipSpecial: true })),
    );
    expect(row.map(({ changed }) => changed)).toEqual(zeroed.map((ids) => ids.join() !== answer.join()));
    expect(parts.length).toBeGreaterThan(3);
    expect(parts[0]?.done).toBe(6);
    expect(parts.at(-1)).toMatchObject({ done: 96, total: 96 });
    expect(parts.flatMap(({ cells }) => cells)).toEqual(view.cells);
  }
});

test.each<[EditOperation, (block: number, latent: number) => string, number]>([
  [{ kind: "noise", sigma: 25 }, (block, latent) => `noise(25):blocks.${block}.hook_resid_post@latent.${latent}`, 0.01],
  // No single edge to a latent moves this answer.
  [{ kind: "cut" }, (block, latent) => `knockout(eot→latent.${latent}):blocks.${block}.attn.hook_pattern@eot`, 0],
])("each cell of %o is a run by itself", async (operation, text, moved) => {
  const state = {
    ...cleanState(question),
    seed: 3,
    edits: [{ id: 0, target: { kind: "cell", block: 0, latent: 0 }, operation: { kind: "zero" }, on: true }] as const,
  };
  const { cells } = await session.sweep(state, { operation });
  const clean = await model.run(question);
  expect(cells).toHaveLength(96);
  // And the two cells that the operation moves most: elsewhere another one may move as little.
  const most = cells.toSorted((a, b) => (b.kl ?? 0) - (a.kl ?? 0)).slice(0, 2);
  expect(most[1]?.kl).toBeGreaterThan(moved);
  for (const [block, latent] of [
    [0, 0],
    [4, 3],
    [9, 1],
    [15, 5],
    ...most.map((cell) => [cell.block, cell.latent] as const),
  ] as const) {
    const cell = cells[block * 6 + latent];
    const run = await model.run(question, {
      interventions: [text(block, latent)],
      seed: 3,
      expected: clean.answer.value ?? 0,
    });
    expect(cell?.answer).toBe(run.answer.text);
    expect(cell?.changed).toBe(run.answer.value !== clean.answer.value);
    expect(Math.abs((cell?.kl ?? Number.NaN) - (run.kl ?? Number.NaN))).toBeLessThan(1e-3 * Math.max(1, run.kl ?? 0));
  }
});

test.each([
  [undefined, "eot"],
  ["answer.3", "answer.3"],
])("cuts the look from %s at one latent a cell, in all heads of one block", (query, meant) => {
  const options = { operation: { kind: "cut" }, ...(query === undefined ? {} : { query }) } as const;
  const { edits, question: asked } = sweptState(model, cleanState(question), options);
  expect([asked, edits.length]).toEqual([question, 96]);
  const target = { kind: "edge", block: 2, head: null, query: meant, key: "latent.4" };
  expect(edits[2 * 6 + 4]).toEqual({ id: 16, target, operation: { kind: "cut" }, on: true });
});

test("is stopped between two batches, keeps nothing, and the session goes on", async () => {
  await session.open(question);
  const tensors = tf.memory().numTensors;
  const stop = new AbortController();
  const parts: number[] = [];
  const sweeping = session.sweep(cleanState(question), {
    operation: { kind: "zero" },
    signal: stop.signal,
    onProgress: ({ done }) => {
      parts.push(done);
      if (done > 6) stop.abort();
    },
  });
  await expect(sweeping).rejects.toThrow(/abort/i);
  expect(parts).toEqual([6, 18]);
  expect((await session.open(question)).question).toBe(question);
  expect(tf.memory().numTensors).toBe(tensors);
  await expect(session.sweep(cleanState(question), { operation: { kind: "scale", by: 9 } })).rejects.toThrow(
    /factor is 9/,
  );
});
