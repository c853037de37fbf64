/** A sweep's rows and cells have the types of its lists and measures; wrong ones do not compile. */
// @needs engine

import { expect, expectTypeOf, test } from "vitest";
import type { CodiModel } from "../../src/index.js";

// Nothing here runs: what compiles is what is tested.
declare const model: CodiModel;
const unrun = (_: () => unknown): void => undefined;

const zero = { name: "zero", factor: 0 } as const;

async function swept() {
  return model.sweep([], {
    over: { layer: [0, 4], op: ["zero", "random"], how: [zero] },
    do: ({ layer, op }) => `${op}:blocks.${layer}.hook_resid_post@latent.2`,
    measure: [
      "correct",
      "logProb",
      "answer",
      { name: "length", of: (run) => run.answer.ids.length },
      { name: "same", of: (run, baseline) => run.answer.text === baseline.answer.text },
    ],
    controls: ["identity"],
  });
}

type Swept = Awaited<ReturnType<typeof swept>>;

test("a row has one field an axis and one a measure, typed by the list and the function", () => {
  type Row = ReturnType<Swept["rows"]>[number];
  expectTypeOf<Row>().toEqualTypeOf<{
    readonly problem: string;
    readonly layer: 0 | 4;
    readonly op: "zero" | "random";
    readonly how: string;
    readonly correct: boolean;
    readonly logProb: number | null;
    readonly answer: string;
    readonly length: number;
    readonly same: boolean;
  }>();
  expectTypeOf<Swept["baseline"][number]["correct"]>().toEqualTypeOf<boolean>();
  expect.assertions(0);
});

test("without measures the usual three are there; without controls there is none", () => {
  const plain = () => model.sweep([], { over: { latent: [0, 1] }, do: () => null });
  type Plain = Awaited<ReturnType<typeof plain>>;
  expectTypeOf<ReturnType<Plain["rows"]>[number]>().toEqualTypeOf<{
    readonly problem: string;
    readonly latent: 0 | 1;
    readonly correct: boolean;
    readonly logProb: number | null;
    readonly kl: number | null;
  }>();
  unrun(async () => {
    const result = await plain();
    // @ts-expect-error: the sweep has no control
    result.controls["identity"];
    // @ts-expect-error: nor one to test against
    result.test("kl", { latent: 0 }, { against: "random direction" });
  });
});

test("a cell's axes and values, a measure's name and a control's are checked", () => {
  unrun(async () => {
    const result: Swept = await swept();
    result.at({ layer: 4, op: "zero", how: zero }).mean("length");
    result.mean("same", { layer: 0 });
    result.test("logProb", { layer: 4, op: "zero", how: zero }, { against: { layer: 0, op: "zero", how: zero } });
    // @ts-expect-error: a misspelt axis
    result.at({ layr: 4, op: "zero", how: zero });
    // @ts-expect-error: a value that the list does not have
    result.at({ layer: 5, op: "zero", how: zero });
    // @ts-expect-error: an axis is missing
    result.at({ layer: 4 });
    // @ts-expect-error: a misspelt measure
    result.mean("lenght");
    // @ts-expect-error: a text has no mean
    result.mean("answer");
    // @ts-expect-error: no such control
    result.controls["random direction"];
  });
  unrun(() =>
    model.sweep([], {
      over: { latent: [0] },
      // @ts-expect-error: the cell has no such axis
      do: ({ layer }) => `zero:blocks.${layer}.hook_resid_post@latent.2`,
    }),
  );
  unrun(() =>
    model.sweep([], {
      over: { latent: [0] },
      do: () => null,
      // @ts-expect-error: no built-in measure of that name
      measure: ["corect"],
    }),
  );
  expect.assertions(0);
});
