/** The notebooks run headless by Deno's own kernel, and give what is committed: every text, and every number to its digits. */
// @needs build, deno, engine, time, venv

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { executed, type Notebook, notebooks, type Output } from "../scripts/notebooks.mjs";
import { testProgram } from "./support/test-python.js";
import { isWithout } from "./support/without.js";

const files = notebooks();
const committed = (path: string): Notebook => JSON.parse(readFileSync(path, "utf8")) as Notebook;
const textOf = (text: unknown): string => (Array.isArray(text) ? text.join("") : String(text));

/** What a cell gave, as texts by media type; of a picture only that there is one. */
function textsOf({ output_type, data = {}, text, ename }: Output): Record<string, string> {
  const parts = Object.entries(data).map(([type, value]) => [
    type,
    type.startsWith("image/") ? "a picture" : textOf(value),
  ]);
  return {
    ...Object.fromEntries(parts),
    ...(text === undefined ? {} : { [output_type]: textOf(text) }),
    ename: ename ?? "",
  };
}

// Engines on other machines round the last digit otherwise.
const NUMBER = /\d+(?:\.\d+)?/g;

/** The words, and the numbers apart. */
function apart(outputs: readonly Record<string, string>[]): { readonly words: string[]; readonly numbers: number[] } {
  const texts = outputs.flatMap((each) => Object.entries(each).map(([type, text]) => `${type}: ${text.trim()}`));
  return {
    words: texts.map((text) => text.replace(NUMBER, "#")),
    numbers: texts.flatMap((text) => [...text.matchAll(NUMBER)].map(([number]) => Number(number))),
  };
}

test("three notebooks are committed with their outputs, without escape codes, times and paths of a machine", () => {
  expect(files.map((file) => basename(file))).toEqual([
    "1-first-steps.ipynb",
    "2-question-to-figure.ipynb",
    "3-steering.ipynb",
  ]);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/\\u001b|iopub|"ename"|\/(?:home|work|root|tmp|Users)\//);
    const silent = committed(file).cells.filter((cell) => cell.cell_type === "code" && cell.outputs?.length === 0);
    expect(silent).toEqual([]);
    expect(text.length).toBeLessThan(1e6);
  }
});

describe.skipIf(isWithout("deno") || isWithout("venv"))("executed by Deno's kernel", () => {
  test("with Jupyter of the tests' own Python", () => {
    expect(testProgram("python")).toContain("test-python");
  });

  test.each(files.map((file) => [basename(file), file]))(
    "%s gives what is committed",
    (_, file) => {
      const [wanted, found] = [committed(file), executed(file)].map((notebook) =>
        notebook.cells.map((cell) => (cell.outputs ?? []).map(textsOf)),
      );
      for (const [place, outputs] of (wanted ?? []).entries()) {
        const [own, now] = [apart(outputs), apart(found?.[place] ?? [])];
        expect(now.words).toEqual(own.words);
        const far = own.numbers.filter((number, i) => !isNear(number, now.numbers[i] ?? Number.NaN));
        expect([place, far]).toEqual([place, []]);
      }
    },
    300_000,
  );
});

/** To half a hundredth, or to two per cent. */
function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(0.0051, 0.02 * Math.abs(a));
}
