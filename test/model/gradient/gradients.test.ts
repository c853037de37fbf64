/** How gradients by boxes of a tensor come together: side by side, over one another, and with gaps. */
// @needs engine

import { afterEach, beforeAll, expect, test } from "vitest";
import { Gradients } from "../../../src/model/gradient/gradients.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { type Tensor, tf } from "../../../src/model/tensor/tf.js";

const SHAPE = [2, 6] as const;
const ID = 7;

interface Box {
  readonly begin: readonly [number, number];
  readonly size: readonly [number, number];
}

const CASES: Readonly<Record<string, readonly Box[]>> = {
  "side by side, not in order": [
    { begin: [0, 2], size: [2, 3] },
    { begin: [0, 5], size: [2, 1] },
    { begin: [0, 0], size: [2, 2] },
  ],
  "over one another": [
    { begin: [0, 0], size: [2, 4] },
    { begin: [0, 3], size: [2, 3] },
  ],
  "the same box twice": [
    { begin: [0, 0], size: [2, 3] },
    { begin: [0, 0], size: [2, 3] },
  ],
  "with a gap": [
    { begin: [0, 0], size: [2, 2] },
    { begin: [0, 4], size: [2, 2] },
  ],
  "an end left out": [{ begin: [0, 0], size: [2, 5] }],
  "along both axes": [
    { begin: [0, 0], size: [1, 6] },
    { begin: [1, 0], size: [1, 2] },
    { begin: [1, 2], size: [1, 4] },
  ],
  "the whole tensor": [{ begin: [0, 0], size: [2, 6] }],
};

const numbers = ({ size: [rows, columns] }: Box, from: number): number[] =>
  Array.from({ length: rows * columns }, (_, i) => from + i);

function added(boxes: readonly Box[], start: number): number[] {
  const [rows, columns] = SHAPE;
  const total = new Array<number>(rows * columns).fill(start);
  for (const [place, box] of boxes.entries())
    for (const [i, value] of numbers(box, 10 * place).entries()) {
      const row = box.begin[0] + Math.floor(i / box.size[1]);
      const at = row * columns + box.begin[1] + (i % box.size[1]);
      total[at] = (total[at] ?? 0) + value;
    }
  return total;
}

beforeAll(() => startEngine("native"));

let before = 0;
afterEach(() => expect(tf.memory().numTensors).toBe(before));

test.each(Object.entries(CASES))("%s", (_, boxes) => {
  before = tf.memory().numTensors;
  for (const start of [null, 100]) {
    const gradients = new Gradients();
    const own: Tensor[] = boxes.map((box, place) => tf.tensor(numbers(box, 10 * place), [...box.size]));
    const whole = tf.fill([...SHAPE], 100);
    if (start !== null) gradients.add(ID, whole);
    for (const [place, { begin }] of boxes.entries())
      gradients.add(ID, { box: own[place] as Tensor, begin, shape: SHAPE });
    const found = gradients.of(ID);
    expect(found?.shape).toEqual(SHAPE);
    expect([...(found?.dataSync() ?? [])]).toEqual(added(boxes, start ?? 0));
    // Asked again it is the same, and a box that comes later is added.
    gradients.add(ID, { box: own[0] as Tensor, begin: boxes[0]?.begin ?? [], shape: SHAPE });
    const [first] = boxes;
    const last = first === undefined ? [] : added([first], 0);
    const shifted = added(boxes, start ?? 0).map((value, i) => value + (last[i] ?? 0));
    expect([...(gradients.of(ID)?.dataSync() ?? [])]).toEqual(shifted);
    gradients.add(ID, { box: own[0] as Tensor, begin: boxes[0]?.begin ?? [], shape: SHAPE });
    gradients.dispose();
    tf.dispose([whole, ...own]);
  }
});

test("nothing came", () => {
  before = tf.memory().numTensors;
  const gradients = new Gradients();
  gradients.add(ID, null);
  expect(gradients.of(ID)).toBeNull();
  gradients.drop(ID);
});
