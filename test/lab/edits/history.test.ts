/** Undo, redo, and what one can do to a state. */
// @needs nothing

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  freeName,
  withChangedEdit,
  withCounterfactual,
  withDirection,
  withEdit,
  withMovedEdit,
  withoutDirection,
  withoutEdit,
} from "../../../src/lab/edits/changes.js";
import { cleanState, type LabState } from "../../../src/lab/edits/edit.js";
import { changed, MOST_STEPS, redone, settled, startHistory, undone } from "../../../src/lab/edits/history.js";

describe("a history", () => {
  test("goes back and forth through any changes, and a new one forgets what was undone", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), fc.nat({ max: 40 }), (values, back) => {
        const all = values.reduce((history, each) => changed(history, [each]), startHistory([-1]));
        const states = [all, ...Array.from({ length: back }, () => 0)].map(() => all);
        const undoneAll = states.slice(1).reduce((history) => undone(history), all);
        const place = Math.max(0, values.length - back);
        expect(undoneAll.present).toEqual([place === 0 ? -1 : values[place - 1]]);
        expect(states.slice(1).reduce((history) => redone(history), undoneAll)).toEqual(all);
        const other = changed(undoneAll, [-2]);
        expect([other.present, other.future, undone(other).present]).toEqual([[-2], [], undoneAll.present]);
      }),
      { seed: 20 },
    );
  });

  test("takes changes of one name as one, until they are settled", () => {
    const dragged = [1, 2, 3].reduce((history, each) => changed(history, each, { as: "scale" }), startHistory(0));
    expect(undone(dragged).present).toBe(0);
    expect(undone(changed(settled(dragged), 4, { as: "scale" })).present).toBe(3);
    expect(undone(changed(dragged, 4, { as: "sigma" })).present).toBe(3);
    expect(undone(changed(dragged, 4)).present).toBe(3);
    // What was undone is settled too.
    expect(undone(changed(undone(dragged), 5, { as: "scale" })).present).toBe(0);
  });

  test("keeps so many steps, and takes the same value for no step", () => {
    const many = Array.from({ length: MOST_STEPS + 5 }, (_, i) => i).reduce(
      (history, each) => changed(history, each),
      startHistory(-1),
    );
    expect([many.past.length, many.past[0]]).toEqual([MOST_STEPS, 4]);
    expect(changed(many, many.present)).toBe(many);
    expect(undone(startHistory(0))).toEqual(startHistory(0));
  });
});

const CELL = { kind: "cell", block: 1, latent: 2 } as const;
const zero = (state: LabState): LabState => withEdit(state, { target: CELL, operation: { kind: "zero" } });
const ids = ({ edits }: LabState): number[] => edits.map(({ id }) => id);

describe("what one can do", () => {
  const three = zero(zero(zero(cleanState("A?"))));

  test("edits get numbers that no other has, move, change and go", () => {
    expect(ids(three)).toEqual([1, 2, 3]);
    expect(ids(zero(withoutEdit(three, 2)))).toEqual([1, 3, 4]);
    expect(ids(withMovedEdit(three, { id: 3, by: -1 }))).toEqual([1, 3, 2]);
    expect(withMovedEdit(three, { id: 1, by: -1 })).toBe(three);
    expect(withMovedEdit(three, { id: 3, by: 1 })).toBe(three);
    expect(withChangedEdit(three, { id: 2, on: false }).edits.map(({ on }) => on)).toEqual([true, false, true]);
  });

  test("another counterfactual is what patches read", () => {
    const patched = withEdit(three, { target: CELL, operation: { kind: "patch", question: "" } });
    const { counterfactual, edits } = withCounterfactual(patched, "B?");
    expect(counterfactual).toBe("B?");
    expect(edits.map(({ operation }) => operation)).toEqual([
      ...three.edits.map(({ operation }) => operation),
      { kind: "patch", question: "B?" },
    ]);
  });

  test("a direction that goes takes the edits along it with it", () => {
    const saved = { kind: "vector", numbers: [1] } as const;
    const steered = withEdit(withDirection(three, { name: "d", saved }), {
      target: CELL,
      operation: { kind: "steer", direction: "d", scale: 1 },
    });
    expect(ids(steered)).toEqual([1, 2, 3, 4]);
    expect(withoutDirection(steered, "d")).toEqual(three);
    expect(() => withDirection(three, { name: "a b", saved })).toThrow('"a b" is no name for a direction');
    expect(freeName(withDirection(three, { name: "direction-1", saved }))).toBe("direction-2");
  });
});
