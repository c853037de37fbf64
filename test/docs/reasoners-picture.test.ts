/** The numbers that README's figure of the embedded models draws, against what PyTorch found on the same problems. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface Row {
  readonly answer: string;
  readonly difficulty: string;
  readonly reference: {
    readonly answer_ids: readonly number[];
    readonly answer_text: string;
    readonly lens: readonly string[];
  } & Readonly<Record<`zeroed_layer${number}`, readonly (readonly number[])[]>>;
}

const drawn = readFileSync("assets/reasoners.csv", "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));

/** `at` → count of n. */
function drawnOf(model: string, measure: string, of: (value: string) => boolean): Record<string, string> {
  const mine = drawn.filter((cells) => cells[0] === model && cells[1] === measure && of(cells[3] ?? ""));
  return Object.fromEntries(mine.map(([, , at = "", , count, n]) => [at, `${count} of ${n}`]));
}

describe.each([
  ["tiny-codi", 8],
  ["tiny-pause", 8],
  ["tiny-coconut", 3],
  ["tiny-coconut-pause", 3],
] as const)("%s", (model, block) => {
  const rows = readFileSync(`weights/${model}/problems_100.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const right = rows.filter(
    ({ answer, reference }) => /\d+$/.exec(reference.answer_text)?.[0] === answer.split("#### ")[1],
  );

  test("right answers by steps", () => {
    const levels = [...new Set(rows.map(({ difficulty }) => difficulty))];
    const wanted = levels.map((level) => [
      level,
      `${right.filter(({ difficulty }) => difficulty === level).length} of 25`,
    ]);
    expect(drawnOf(model, "right", () => true)).toEqual(Object.fromEntries(wanted));
  });

  test("right answers that another one follows where a latent is set to zero", () => {
    const wanted = [0, 1, 2, 3, 4, 5].map((k) => {
      const other = right.filter(
        ({ reference }) => `${reference[`zeroed_layer${block}`]?.[k]}` !== `${reference.answer_ids}`,
      );
      return [`latent ${k}`, `${other.length} of ${right.length}`];
    });
    expect(drawnOf(model, "broken", (of) => of === "set to zero")).toEqual(Object.fromEntries(wanted));
  });

  test("steps that are named", () => {
    const stepsOf = ({ answer }: Row): string[] => [...answer.matchAll(/=(\d+)>>/g)].map(([, value = ""]) => value);
    const wanted = ["BOT", "0", "1", "2", "3", "4"].map((position, k) => {
      const some = rows.filter((row) => stepsOf(row).length > k);
      const hits = some.filter((row) => row.reference.lens[k] === stepsOf(row)[k]);
      return [position, `${hits.length} of ${some.length}`];
    });
    expect(drawnOf(model, "named", () => true)).toEqual(Object.fromEntries(wanted));
  });
});
