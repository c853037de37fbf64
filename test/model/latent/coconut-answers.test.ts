/** What protocol coconut reads of a text is what Coconut's own evaluation makes of it (test/fixtures/make/coconut_answers.py). */
// @needs nothing

import { expect, test } from "vitest";
import type { AnswerKind } from "../../../src/model/latent/answer/kind.js";
import { protocolOf } from "../../../src/model/latent/protocols/index.js";
import { readJson } from "../../support/parity.js";

interface Fixture {
  readonly texts: readonly {
    readonly text: string;
    readonly has: boolean;
    readonly part: string;
    readonly number: number | null;
  }[];
}

const { texts } = readJson<Fixture>("coconut_answers");

test.each(["coconut", "pause", "none"] as const)("%s reads a number after the last #, commas out", (name) => {
  const { readAnswer } = protocolOf(name);
  for (const { text, has, part, number } of texts) {
    const parsed = readAnswer(text);
    if (has && number !== null) {
      expect(parsed).toMatchObject({ kind: "number", value: number });
      if (parsed.kind === "number") expect(text.slice(parsed.start, parsed.end)).toBe(parsed.text);
    } else {
      const isEmpty = text.trim() === "" || (has && part === "");
      const reason = isEmpty
        ? "empty answer"
        : has
          ? part === "1e999"
            ? "number beyond double precision"
            : "no number in answer"
          : "no # in answer";
      expect(parsed).toEqual({ kind: "none", reason });
    }
  }
});

test("letters and truth values are what the part is as a whole", () => {
  const { readAnswer, isRight } = protocolOf("coconut");
  const read = (text: string, kind: AnswerKind): unknown => {
    const parsed = readAnswer(text, { kind });
    return parsed.kind === "none" ? parsed.reason : parsed.value;
  };
  expect(texts.filter(({ has }) => has).map(({ text, part }) => [part, read(text, "boolean")])).toEqual(
    texts
      .filter(({ has }) => has)
      .map(({ text, part }) => [
        part,
        part === "True" ? true : part === "False" ? false : part === "" ? "empty answer" : read(text, "boolean"),
      ]),
  );
  expect(["### True", "### False", "### true"].map((text) => read(text, "boolean"))).toEqual([
    true,
    false,
    "neither True nor False in answer",
  ]);
  expect(["### B", "### Ba"].map((text) => read(text, "letter"))).toEqual(["B", "no letter in answer"]);
  expect(isRight(readAnswer("### 18.0"), 18)).toBe(true);
  expect(isRight(readAnswer("18"), 18)).toBe(false);
});

test("any other text is the part as a whole, and equals gold as text", () => {
  const { readAnswer, isRight } = protocolOf("coconut");
  const read = texts.filter(({ has, part }) => has && part !== "");
  expect(
    read.map(({ text }) => readAnswer(text, { kind: "text" })).map((each) => each.kind === "text" && each.value),
  ).toEqual(read.map(({ part }) => part));
  expect(isRight(readAnswer("### Sally is a sterpus.", { kind: "text" }), "Sally is a sterpus.")).toBe(true);
  expect(isRight(readAnswer("### sally is a sterpus.", { kind: "text" }), "Sally is a sterpus.")).toBe(false);
});

test("a data file's answer is read alike; without # it is the whole", () => {
  const { readGold } = protocolOf("coconut");
  const golds = ["#### 1,234", "18", 18, "True", true, "D", "#### -0.5"].map((answer) => readGold(answer));
  expect(golds.map((gold) => gold.kind === "gold" && gold.value)).toEqual([1234, 18, 18, true, true, "D", -0.5]);
  expect(readGold("### Sally is a sterpus.")).toEqual({ kind: "gold", value: "Sally is a sterpus." });
  for (const empty of ["#### ", "", "#### nan", "#### 1e999"])
    expect(readGold(empty)).toMatchObject({
      kind: "unreadable",
      reason: expect.stringContaining("nothing that can be compared"),
    });
});
