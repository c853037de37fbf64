/** The page's state in its address: what was written is read again to the last bit, and what cannot be read is refused in a sentence. */
// @needs engine

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cleanState,
  type EditOperation,
  type EditTarget,
  type LabState,
  type SavedDirection,
} from "../../../src/lab/edits/edit.js";
import { fromFragment, MOST_CHARACTERS, toFragment } from "../../../src/lab/edits/fragment/fragment.js";
import { EVERY_KIND } from "../../support/lab-edits.js";

const whole = fc.nat({ max: 9999 });
const text = fc.string({ unit: "grapheme", maxLength: 60 });
const name = fc.stringMatching(/^[A-Za-z][\w-]{0,39}$/);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const position = fc.oneof(
  fc.constantFrom("bot", "eot"),
  fc.tuple(fc.constantFrom("question", "latent", "answer"), whole).map((parts) => parts.join(".")),
);
const cell = fc.record({ kind: fc.constant("cell" as const), block: whole, latent: whole });
const head = fc.record({ kind: fc.constant("head" as const), block: whole, head: whole, latent: whole });
const edge = fc.record({
  kind: fc.constant("edge" as const),
  block: whole,
  head: fc.option(whole),
  query: position,
  key: position,
});
const target: fc.Arbitrary<EditTarget> = fc.oneof(cell, head, edge);
const operation: fc.Arbitrary<EditOperation> = fc.oneof(
  fc.constantFrom("zero", "mean", "cut").map((kind) => ({ kind }) as EditOperation),
  fc.record({ kind: fc.constantFrom("other", "patch"), question: text }),
  fc.record({ kind: fc.constant("noise" as const), sigma: number }),
  fc.record({ kind: fc.constant("scale" as const), by: number }),
  fc.record({ kind: fc.constant("steer" as const), direction: name, scale: number }),
);
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const direction: fc.Arbitrary<SavedDirection> = fc.oneof(
  fc.record({ kind: fc.constant("difference" as const), target: fc.oneof(cell, head), question: text, minus: text }),
  fc.record({ kind: fc.constant("vector" as const), numbers: fc.array(float, { minLength: 1, maxLength: 64 }) }),
);
const state: fc.Arbitrary<LabState> = fc.record({
  question: text,
  counterfactual: text,
  edits: fc.uniqueArray(fc.record({ id: whole, target, operation, on: fc.boolean() }), {
    selector: ({ id }) => id,
    maxLength: 8,
  }),
  directions: fc.dictionary(name, direction, { maxKeys: 4, noNullPrototype: true }),
  seed: fc.nat({ max: 2 ** 31 }),
  view: fc.record({
    cell: fc.option(fc.record({ block: whole, latent: whole })),
    attention: fc.option(
      fc.record({
        block: whole,
        head: fc.option(whole),
        from: position,
        to: fc.option(position),
        isEdited: fc.boolean(),
      }),
    ),
    sweep: fc.option(fc.record({ operation, signal: fc.stringMatching(/^[\w-]{1,40}$/) })),
    tour: fc.option(fc.nat({ max: 9 })),
    isFolded: fc.boolean(),
  }),
});

const refusal = (fragment: string): string => {
  const read = fromFragment(fragment);
  return read.kind === "refused" ? read.why : `read as ${read.kind}`;
};

describe("a fragment", () => {
  test("gives back every state exactly, in the characters that addresses allow", () => {
    fc.assert(
      fc.property(state, (each) => {
        const fragment = toFragment(each);
        expect(fragment).toMatch(/^[\w\-.~!$&'()*+,;=:@/?%]+$/);
        expect(fromFragment(`#${fragment}`)).toEqual({ kind: "state", state: each });
      }),
      { seed: 20, numRuns: 300 },
    );
  });

  test("stays what it is where a browser has made an address of it", () => {
    fc.assert(
      fc.property(state, (each) => {
        const address = new URL("http://127.0.0.1/lab/");
        address.hash = toFragment(each);
        expect(fromFragment(new URL(address.href).hash)).toEqual({ kind: "state", state: each });
      }),
      { seed: 21, numRuns: 100 },
    );
  });

  test("of every kind of edit is short, and the order of its edits is kept", () => {
    for (const { name: kind, state: each } of EVERY_KIND) {
      expect(fromFragment(toFragment(each))).toEqual({ kind: "state", state: each });
      expect([kind, toFragment(each).length < 700]).toEqual([kind, true]);
    }
  });

  test("can be written by hand: a question is enough", () => {
    expect(fromFragment("#1&q=Tom+has+3+pens.")).toEqual({ kind: "state", state: cleanState("Tom has 3 pens.") });
    expect(fromFragment("1&q=A%3F&e=1:c8.2:scale,-2&e=2:e5.*.eot-latent.2:cut:off")).toMatchObject({
      state: {
        edits: [
          { id: 1, target: { kind: "cell", block: 8, latent: 2 }, operation: { kind: "scale", by: -2 }, on: true },
          { id: 2, target: { kind: "edge", block: 5, head: null, query: "eot", key: "latent.2" }, on: false },
        ],
      },
    });
    expect(fromFragment("#")).toEqual({ kind: "empty" });
  });

  test.each([
    ["2&q=A", "it was made by another version of the page (2, this one reads 1)"],
    ["q=A", 'it does not begin with its version, "1&"'],
    ["1", "it holds no question"],
    ["1&q=A&q=B", 'it holds "q" twice'],
    ["1&q=A&x=1", '"x=1" is nothing that it can hold'],
    ["1&q=%E0%A4", 'the text "%E0%A4" is damaged'],
    ["1&q=A&s=-1", '"-1" is not a seed'],
    ["1&q=A&e=1:c8:zero", '"c8" is no cell, head or edge'],
    ["1&q=A&e=1:c8.2.3:zero", '"c8.2.3" is no cell, head or edge'],
    ["1&q=A&e=1:h8.2:zero", '"h8.2" is no cell, head or edge'],
    ["1&q=A&e=1:e8.*.eot-latent:cut", '"e8.*.eot-latent" is no cell, head or edge'],
    ["1&q=A&e=1:c8.2:explode", '"explode" is no operation'],
    ["1&q=A&e=1:c8.2:constructor", '"constructor" is no operation'],
    ["1&q=A&e=1:c8.2:zero,1", '"zero,1" is no operation'],
    ["1&q=A&e=1:c8.2:scale,Infinity", '"Infinity" is not a factor'],
    ["1&q=A&e=1:c8.2:other,2", "it refers to question 2, and holds 2"],
    ["1&q=A&e=1:c8.2:zero:on", '"1:c8.2:zero:on" is no edit'],
    ["1&q=A&e=1:c8.2:zero&e=1:c8.3:zero", "two edits have the number 1"],
    ["1&q=A&d=__proto__:v:AAAA", '"__proto__" is no name of a direction'],
    ["1&q=A&d=a:v:AAA", 'the numbers "AAA" of a direction are damaged'],
    ["1&q=A&d=a:v:AADAfw", 'the numbers "AADAfw" of a direction are damaged'],
    ["1&q=A&d=a:e1.*.eot-bot:0:0", '"a:e1.*.eot-bot:0:0" is no direction: an edge has no values'],
    ["1&q=A&d=a:c1.1:0:0&d=a:c1.1:0:0", 'two directions are named "a"'],
    ["1&q=A&cell=8", '"8" is no cell'],
    ["1&q=A&att=8.*.all", '"8.*.all" is no view of attention'],
    ["1&q=A&att=8.*.eot-all", '"8.*.eot-all" is no view of attention'],
    ["1&q=A&sweep=zero", '"zero" is no sweep'],
    ["1&q=A&strip=none", '"none" is no view of the strip'],
    ["1&q=A&tour=first", '"first" is not a step of the tour'],
  ])("%s is refused", (fragment, why) => {
    expect(refusal(fragment)).toBe(`This link cannot be read: ${why}.`);
  });

  test("too long is refused on both ways, and nothing that stands in one throws", () => {
    const long = { ...cleanState("é".repeat(MOST_CHARACTERS / 6)), counterfactual: "x" };
    expect(() => toFragment(long)).toThrow(`at most ${MOST_CHARACTERS} are kept whole everywhere`);
    expect(refusal(`1&q=${"a".repeat(MOST_CHARACTERS)}`)).toContain(`links have at most ${MOST_CHARACTERS}`);
    const piece = fc.constantFrom(
      "1",
      "&",
      "q=",
      "e=",
      "d=",
      ":",
      "c8.2",
      "scale,",
      "%",
      "-",
      "~",
      "t=",
      "v",
      "sweep=",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 30 }).map((all) => `1&q=${all.join("")}`),
        ),
        (given) => {
          expect(["empty", "state", "refused"]).toContain(fromFragment(given).kind);
        },
      ),
      { seed: 22, numRuns: 1000 },
    );
  });
});
