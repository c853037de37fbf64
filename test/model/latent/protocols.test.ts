/** Every step from the file to the ids and from the ids to the verdict is what Python makes of it (test/fixtures/make/protocols.py). */
// @needs nothing

import { describe, expect, test } from "vitest";
import { type AnswerKind, isLetter, type ParsedAnswer } from "../../../src/model/latent/answer/kind.js";
import { protocolOf } from "../../../src/model/latent/protocols/index.js";
import { readJson } from "../../support/parity.js";

type Value = number | string | boolean | null;
interface Read {
  readonly value?: Value;
  readonly raises?: string;
}
interface Fixture {
  readonly questions: readonly { readonly text: string; readonly prepared: string }[];
  readonly answers: Readonly<
    Record<Exclude<AnswerKind, "text">, readonly (Read & { readonly text: string; readonly cleaned: Read })[]>
  >;
  readonly golds: readonly { readonly text: string; readonly value: Value }[];
  readonly seed: readonly { readonly text: string; readonly value: number | null }[];
  readonly right: readonly (readonly [string, string])[];
}

const fixture = readJson<Fixture>("protocols");
const codi = protocolOf("codi");
const seed = protocolOf("seed");
const KINDS: readonly Exclude<AnswerKind, "text">[] = ["number", "letter", "boolean"];

/** Python's infinity stands for no number, or one beyond double precision. */
function wanted({ value, raises }: Read): Value {
  return raises !== undefined || value === "inf" || value === "-inf" ? null : (value ?? null);
}

function found(parsed: ParsedAnswer): Value {
  return parsed.kind === "none" ? null : parsed.value;
}

describe("protocol codi", () => {
  test.each(fixture.questions)("prepares $text", ({ text, prepared }) => {
    expect(codi.prepare(text)).toBe(prepared);
  });

  describe.each(KINDS)("reads a %s", (kind) => {
    test.each(fixture.answers[kind])("of $text", (each) => {
      expect(found(codi.readAnswer(each.text, { kind }))).toBe(wanted(each));
      expect(found(codi.readAnswer(each.text, { kind, cleanUp: true }))).toBe(wanted(each.cleaned));
    });
  });

  test("cleaning up changes what is read of some of these texts", () => {
    const some = fixture.answers.number.filter((each) => wanted(each) !== wanted(each.cleaned));
    expect(some.map(({ text }) => text)).toContain("1 ,000");
  });

  test("a number is where it stands in the text as it was decoded", () => {
    for (const { text } of fixture.answers.number)
      for (const cleanUp of [false, true]) {
        const parsed = codi.readAnswer(text, { cleanUp });
        if (parsed.kind !== "number") continue;
        expect(text.slice(parsed.start, parsed.end)).toBe(parsed.text);
        expect(parsed.text).toMatch(/^-?[\p{Nd}.,\s]+$/u);
        expect(codi.readAnswer(parsed.text, { cleanUp })).toMatchObject({ value: parsed.value });
      }
    expect(codi.readAnswer("I say 1,234,567.5 pens.")).toMatchObject({ text: "1,234,567.5", start: 6, end: 17 });
    expect(codi.readAnswer("a,b,-,5,c")).toMatchObject({ text: "-,5", start: 4, end: 7 });
  });

  test.each(fixture.golds)("reads gold of $text", ({ text, value }) => {
    const found = codi.readGold(text);
    const isRead = typeof value === "string" ? isLetter(value) : value !== null;
    // Python's "" and "AB" are in "ABCDE" too: no answer equals them.
    expect(found).toEqual(
      isRead ? { kind: "gold", value } : { kind: "unreadable", reason: expect.stringContaining("no usable number") },
    );
  });

  test("a gold number or truth value that is none of a text is taken as it is", () => {
    expect([18, -0.5, true, false].map((gold) => codi.readGold(gold))).toEqual(
      [18, -0.5, true, false].map((value) => ({ kind: "gold", value })),
    );
    expect(codi.readGold(Number.NaN).kind).toBe("unreadable");
  });

  test("is right where Python's == is", () => {
    const golds = ["7", "7.0", "-0", "0", "1", "True", "False", "B", "0.10", "7.001"];
    const texts = ["7", "7.0", "07", "1", "0", "True", "The answer is: B", "-0", "6.999", "0.1"];
    const found = texts.flatMap((text) =>
      golds.flatMap((gold) => {
        const read = codi.readGold(gold);
        if (read.kind !== "gold") throw new Error(gold);
        const kind = typeof read.value === "boolean" ? "boolean" : gold === "B" ? "letter" : "number";
        return codi.isRight(codi.readAnswer(text, { kind }), read.value) ? [[text, gold]] : [];
      }),
    );
    expect(found).toEqual(fixture.right);
  });
});

describe("protocol seed", () => {
  test("leaves the question as it is", () => {
    for (const { text } of fixture.questions) expect(seed.prepare(text)).toBe(text);
  });

  // Where ours is not the original's code: thousands commas, "$" after "####", digits of other scripts, whole words only, and the last
  // number before a number at the end (docs/protocols.md).
  const DEPARTURES: ReadonlyMap<string, number | null> = new Map([
    ["The answer is: 1,0000", 1000],
    ["so 3 + 4\n#### 1,234", 1234],
    ["#### $18 and 5", 18],
    ["1,234,567.89", 1234567.89],
    ["5.5.5", 5],
    ["1.2.3", 3],
    ["subtotal 42 and 43", 43],
    ["answer is: is 42 then 43", 42],
    ...["\u0663\u0664", "\uff11\uff12", "\u096b.\u096b", "\u{1d7d8}\u{1d7d9}", "\u{1d7ff}", "\u0665,\u0666"].map(
      (text) => [text, null] as const,
    ),
  ]);

  test.each(fixture.seed)("reads $text", ({ text, value }) => {
    const departs = DEPARTURES.get(text);
    const read = found(seed.readAnswer(text));
    expect(read).toBe(departs === undefined ? wanted({ value }) : departs);
    expect(read === wanted({ value })).toBe(departs === undefined);
  });
});
