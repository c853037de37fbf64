/** Labelled tensors against xarray, and the sentences that what does not fit gives. */
// @needs engine

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LabelledTensor } from "../../../src/index.js";

interface Given {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly names?: Readonly<Record<string, readonly string[]>>;
}
const fixture = JSON.parse(readFileSync("test/fixtures/labelled.json", "utf8")) as {
  readonly given: Readonly<Record<string, Given>>;
  readonly wanted: Readonly<Record<string, Given>>;
};

function given<Axes extends readonly string[]>(name: string): LabelledTensor<Axes> {
  const { axes, shape, data, names = {} } = fixture.given[name] as Given;
  const parts = { axes, shape, data: Float32Array.from(data), names };
  return new LabelledTensor<readonly string[]>(parts) as unknown as LabelledTensor<Axes>;
}

type Three = readonly ["run", "head", "dModel"];
const a = given<Three>("a");
const b = given<Three>("b");
const turned = given<readonly ["dModel", "run"]>("turned");
const vector = given<readonly ["dModel"]>("vector");
const uneven = given<readonly ["run", "dModel"]>("uneven");

/** The same table, its second axis first. */
function across({ shape, data }: typeof uneven): LabelledTensor<readonly ["dModel", "run"]> {
  const [runs = 0, width = 0] = shape;
  const turnedData = data.map((_, i) => data[(i % runs) * width + Math.floor(i / runs)] ?? Number.NaN);
  return new LabelledTensor({ axes: ["dModel", "run"], shape: [width, runs], data: turnedData });
}

const found: Readonly<Record<string, LabelledTensor>> = {
  minus: a.minus(b),
  "plus turned": a.plus(turned),
  "minus vector": a.minus(vector),
  times: a.times(-2.5),
  "mean run": a.mean("run"),
  "mean head": a.mean("head"),
  "mean dModel": a.mean("dModel"),
  "sum run": a.sum("run"),
  "sum head": a.sum("head"),
  "sum dModel": a.sum("dModel"),
  "norm run": a.norm("run"),
  "norm head": a.norm("head"),
  "norm dModel": a.norm("dModel"),
  "dot dModel": a.dot(b, "dModel"),
  "dot vector": a.dot(vector, "dModel"),
  "dot turned run": a.dot(turned, "run"),
  "cosine dModel": a.cosine(b, "dModel"),
  "cosine head": a.cosine(b, "head"),
  "cosine vector": a.cosine(vector, "dModel"),
  "at head": a.at("head", "h1"),
  "at run": a.at("run", 3),
  "at dModel from the end": a.at("dModel", -2),
  "where head": a.where("head", ["h2", "h0"]),
  "where run": a.where("run", (_name, place) => place % 2 === 1),
  "uneven mean": uneven.mean("dModel"),
  "uneven sum": uneven.sum("dModel"),
};

describe("labelled tensors", () => {
  test("give the numbers and the axes that xarray gives, to float32", () => {
    expect(Object.keys(found).sort()).toEqual(Object.keys(fixture.wanted).sort());
    for (const [name, { axes, shape, data }] of Object.entries(fixture.wanted)) {
      const own = found[name];
      expect([name, own?.axes, own?.shape]).toEqual([name, axes, shape]);
      for (const [i, value] of data.entries())
        expect(Math.abs((own?.data[i] ?? Number.NaN) - value), `${name} ${i}`).toBeLessThanOrEqual(
          2 ** -23 * Math.max(1, Math.abs(value)),
        );
    }
  });

  test("keep the names of the axes that are left", () => {
    expect(a.mean("run").names).toEqual({ head: ["h0", "h1", "h2"] });
    expect(a.at("head", "h1").names).toEqual({});
    expect(a.where("head", ["h2", "h0"]).names).toEqual({ head: ["h2", "h0"] });
    expect(vector.names).toEqual({});
  });

  test("are stacked along a new axis whose places the keys name, and iterated along one", () => {
    const both = LabelledTensor.stack({ clean: a, patched: b }, "kind");
    expect([both.axes, both.shape, both.names.kind]).toEqual([
      ["kind", "run", "head", "dModel"],
      [2, 4, 3, 5],
      ["clean", "patched"],
    ]);
    expect(both.at("kind", "patched").data).toEqual(b.data);
    expect([...both.along("kind")].map(([name, each]) => [name, each.data])).toEqual([
      ["clean", a.data],
      ["patched", b.data],
    ]);
    expect(LabelledTensor.stack([a.at("head", "h0"), b.at("head", 0)], "kind").names).toEqual({});
    // The other's axes are turned: what stands on top of each other has the same place, not the same number in the array.
    const onTop = LabelledTensor.stack([uneven, across(uneven)] as never, "kind");
    expect(onTop.at("kind", 1).toNested()).toEqual(uneven.toNested());
  });

  test("a number is a name where all names are numbers: layer 8 is not the ninth place", () => {
    const layers = new LabelledTensor({
      axes: ["layer"],
      shape: [3],
      data: Float32Array.of(40, 80, 140),
      names: { layer: ["4", "8", "14"] },
    });
    expect([layers.at("layer", 8).toNumber(), layers.at("layer", -1).toNumber()]).toEqual([80, 140]);
    expect(() => layers.at("layer", 1)).toThrow('No place 1 along "layer"');
    expect(a.at("head", 2).data).toEqual(a.at("head", "h2").data);
  });

  test("become nested arrays, or one number", () => {
    expect(uneven.toNested()).toEqual([
      [1e8, 1, -1e8, 3],
      [1, 2, 3, 4],
    ]);
    expect(uneven.at("run", 1).norm("dModel").toNumber()).toBeCloseTo(Math.sqrt(30), 6);
  });

  test("do not change: no field, axis or size can be written", () => {
    expect(() => Object.assign(a, { shape: [1] })).toThrow(TypeError);
    expect(() => (a.axes as unknown as string[]).push("more")).toThrow(TypeError);
    expect(() => (a.shape as number[]).push(1)).toThrow(TypeError);
  });

  test("say what does not fit", () => {
    const plain = (shape: number[], names?: { readonly x?: readonly string[] }) =>
      new LabelledTensor({ axes: ["x"], shape, data: new Float32Array(2), ...(names === undefined ? {} : { names }) });
    expect(() => plain([3])).toThrow("2 numbers for [x: 3]");
    expect(() => plain([2, 1])).toThrow("1 axes [x] for the shape [2, 1]");
    expect(() => plain([2], { x: ["p"] })).toThrow('1 names for the 2 places of "x"');
    expect(() => plain([2], { x: ["p", "p"] })).toThrow('Two places of "x" are named "p"');
    expect(() => plain([2], { y: ["p", "q"] } as never)).toThrow('Names of "y", which is no axis here');
    expect(() => new LabelledTensor({ axes: ["x", "x"], shape: [1, 2], data: new Float32Array(2) })).toThrow(
      'Axes [x, x]: "x" is no name of one axis',
    );
    const [one, other] = [plain([2], { x: ["p", "q"] }), plain([2], { x: ["p", "r"] })];
    expect(() => one.minus(other)).toThrow('place 1 of "x" is "q" in the first and "r" in the second');
    expect(() => a.minus(uneven as never)).toThrow(
      '[run: 4, head: 3, dModel: 5] and [run: 2, dModel: 4] do not fit: "run" differs in size',
    );
    expect(() => vector.minus(a as never)).toThrow('the first has no axis "run"');
    expect(() => LabelledTensor.stack([a, vector] as never, "kind")).toThrow("do not fit");
    expect(() => LabelledTensor.stack([vector, a] as never, "kind")).toThrow("do not fit");
    expect(() => LabelledTensor.stack([], "kind")).toThrow("no tensors to stack");
    expect(() => a.mean("heads" as never)).toThrow('No axis "heads" in [run: 4, head: 3, dModel: 5]');
    expect(() => a.at("head", "h3")).toThrow('No place "h3" along "head"');
    expect(() => a.at("run", 4)).toThrow('No place 4 along "run"');
    expect(() => a.where("head", () => false)).toThrow('No place of "head" is left');
    expect(() => a.toNumber.call(a as never)).toThrow("is not one number");
    expect(() => a.dot(vector as never, "run")).toThrow('[dModel: 5] has no axis "run"');
    expect(() => a.cosine(b.times(0), "dModel")).toThrow('Vector 0 along "dModel" is zero');
  });
});
