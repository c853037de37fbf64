/** What is copied from the page runs as it stands, and gives the numbers of `model.run`, for every kind of edit. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CodiModel } from "../../../src/index.js";
import { asCommand, quoted } from "../../../src/lab/edits/copy/command.js";
import { asStudyFile } from "../../../src/lab/edits/copy/study.js";
import { asTypeScript } from "../../../src/lab/edits/copy/typescript.js";
import { cleanState } from "../../../src/lab/edits/edit.js";
import { directionNumbers } from "../../../src/lab/edits/run-options.js";
import { ASKED, type EditCase, EVERY_KIND, TINY } from "../../support/lab-edits.js";
import { linesOf } from "../../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../../support/records-alone.js";
import { temporaryFolder } from "../../support/temporary.js";
import { loadTiny } from "../../support/tiny.js";

interface Token {
  readonly text: string;
  readonly probability: number;
}

let model: CodiModel;
let clean: Token[];
/** By case: the answer's tokens, and those of a run that is scored, which verifies several tokens at once and rounds differently. */
const wanted = new Map<string, Token[]>();
const scored = new Map<string, Token[]>();
const folder = temporaryFolder("codilens-copy-");

const asTokens = (tokens: readonly { readonly text: string; readonly logProb: number }[]): Token[] =>
  tokens.map(({ text, logProb }) => ({ text, probability: Math.exp(logProb) }));

beforeAll(async () => {
  model = await loadTiny();
  clean = asTokens((await model.run(ASKED)).answer.tokens);
  for (const { name, options } of EVERY_KIND) {
    const given = await options(model);
    wanted.set(name, asTokens((await model.run(ASKED, given)).answer.tokens));
    scored.set(name, asTokens((await model.run(ASKED, { ...given, expected: 8 })).answer.tokens));
  }
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(process.cwd(), join(folder, "node_modules", "codilens"));
});
afterAll(() => model.dispose());

/** Runs a program in the folder. @returns what it printed. */
function output(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 240_000, cwd: folder });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

function expectSame(name: string, found: readonly Token[], expected: readonly Token[]): void {
  expect([name, found.map(({ text }) => text)]).toEqual([name, expected.map(({ text }) => text)]);
  for (const [i, { probability }] of found.entries())
    expect([name, i, Math.abs(probability - (expected[i]?.probability ?? Number.NaN)) < 1e-6]).toEqual([name, i, true]);
}

/** Texts by the name of the case, and each after a line with its name. */
const eachKind = <T>(of: (each: EditCase) => T): [string, T][] => EVERY_KIND.map((each) => [each.name, of(each)]);
const sections = (printed: string): Map<string, string> =>
  new Map(
    printed
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)]),
  );

test("the kinds have answers of their own, and none is the clean one", () => {
  const texts = [clean, ...wanted.values()].map((tokens) => JSON.stringify(tokens));
  expect(new Set(texts).size).toBe(1 + EVERY_KIND.length);
});

test("as TypeScript: each is a program that Node runs and the compiler accepts", () => {
  const programs = eachKind(({ state }) => asTypeScript(state, TINY));
  const urls = programs.map(([name, text]) => {
    writeFileSync(join(folder, `${name}.mjs`), text);
    writeFileSync(join(folder, `${name}.mts`), text);
    return [name, pathToFileURL(join(folder, `${name}.mjs`)).href];
  });
  const all = `for (const [name, url] of ${JSON.stringify(urls)}) { console.log("## " + name); await import(url); }`;
  const printed = sections(output(process.execPath, ["--input-type=module", "-e", all]));
  for (const { name } of EVERY_KIND) {
    const [, before = "", after = ""] = (printed.get(name) ?? "").split(/^(?:clean|edited) .*$/m);
    const tokens = (text: string): Token[] =>
      [...text.matchAll(/^ {2}("(?:[^"\\]|\\.)*") (\S+)$/gm)].map(([, token = "", probability]) => ({
        text: JSON.parse(token) as string,
        probability: Number(probability),
      }));
    expectSame(`${name}, clean`, tokens(before), clean);
    expectSame(name, tokens(after), wanted.get(name) ?? []);
  }
  const compiler = join(process.cwd(), "node_modules/typescript/bin/tsc");
  const strict = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2023"];
  const typed = ["--types", "node", "--typeRoots", join(process.cwd(), "node_modules/@types")];
  output(process.execPath, [compiler, ...strict, ...typed, ...programs.map(([name]) => `${name}.mts`)]);
});

/** Runs the command lines that bash has taken apart, in one process, which loads the engine once. */
const RUN_ALL = `import { readFileSync } from "node:fs";
import { runCli } from ${JSON.stringify(pathToFileURL(join(process.cwd(), "dist/cli/main.js")).href)};
for (const name of process.argv.slice(1)) {
  const [program, ...args] = readFileSync(name + "/words", "utf8").split("\\0").slice(0, -1);
  if (program !== "codilens") throw new Error("npx was given " + program);
  const home = process.cwd();
  process.chdir(name);
  process.stdout.write("## " + name + "\\n");
  await runCli([...args, "--json"]);
  process.chdir(home);
}`;

test("as command: bash takes each apart into words that the command runs, the numbers of a direction included", async () => {
  const captureOf = (question: string, capture: readonly string[]) =>
    model.run(question, { capture: [...capture] as never });
  const script = ["set -eu", "npx() { printf '%s\\0' \"$@\" > words; }"];
  for (const { name, state } of EVERY_KIND) {
    const numbers: Record<string, Float32Array> = {};
    for (const [each, saved] of Object.entries(state.directions))
      numbers[each] = await directionNumbers(saved, captureOf);
    script.push(`mkdir ${name}; cd ${name}`, asCommand(state, { facts: TINY, numbers }), "cd ..");
  }
  writeFileSync(join(folder, "all.sh"), script.join("\n"));
  output("bash", ["all.sh"]);
  const names = EVERY_KIND.map(({ name }) => name);
  const printed = sections(output(process.execPath, ["--input-type=module", "-e", RUN_ALL, ...names]));
  for (const { name } of EVERY_KIND) {
    const { answer, clean: beside } = JSON.parse(printed.get(name) ?? "") as {
      answer: { tokens: { text: string; logProb: number }[] };
      clean: { answer: string };
    };
    expectSame(name, asTokens(answer.tokens), scored.get(name) ?? []);
    expect(beside.answer).toBe("The answer is: 8");
  }
});

test("as study file: an experiment on the problem has the same answers", () => {
  const studies = eachKind(({ name, state }) => asStudyFile(state, { facts: TINY, answer: 8, name }));
  for (const [name, text] of studies) writeFileSync(join(folder, `${name}.mjs`), text);
  // The data file is the one that the texts themselves describe.
  const [line] = studies.map(([, text]) => /^ \* where problem\.jsonl holds (.*)$/m.exec(text)?.[1]);
  writeFileSync(join(folder, "problem.jsonl"), `${line}\n`);
  const paths = studies.map(([name]) => `./${name}.mjs`).join(",");
  const flags = [
    ...["--data", "problem.jsonl", "--no-controls", "--seed", "7", "--out", "run", "--workers", "1", "--quiet"],
    ...RECORDS_ALONE,
  ];
  output(process.execPath, [join(process.cwd(), "scripts/codilens.mjs"), "experiment", "--study", paths, ...flags]);
  const found = linesOf(shardIn(join(folder, "run"))).map(
    (text) => JSON.parse(text) as { study: string; answer: { tokens: { text: string; logProb: number }[] } },
  );
  for (const { name } of EVERY_KIND) {
    const tokens = found.find(({ study }) => study === name)?.answer.tokens ?? [];
    expectSame(name, asTokens(tokens), scored.get(name) ?? []);
  }
});

describe("what cannot be copied as it is", () => {
  const of = (name: string) => (EVERY_KIND.find((each) => each.name === name) as EditCase).state;

  test("is said in the text: a direction in a command, a run and a mean in a study", () => {
    expect(asCommand(of("steer"), { facts: TINY, numbers: { "more-marbles": [1, 2] } })).toContain(
      "# A command cannot take one run from another: these are the direction's numbers",
    );
    const study = (name: string): string => asStudyFile(of(name), { facts: TINY, answer: 8 });
    expect(study("patch")).toContain("A study cannot hold a run: what the other question has there is read once");
    expect(study("mean")).toContain("`mean` is over the run's own problems: here the mean over the page's questions");
    for (const text of [study("several"), asTypeScript(of("several"), TINY)])
      expect(text).toContain("Switched off: zero, head 1 of block 0 at latent 1.");
  });

  test("is refused by a sentence: numbers that are not there, no edit for a study", () => {
    expect(() => asCommand(of("steer"), { facts: TINY, numbers: {} })).toThrow(
      'The numbers of the direction "more-marbles" are not there yet',
    );
    expect(() => asStudyFile(cleanState("A?"), { facts: TINY, answer: null })).toThrow("No edit is on");
  });

  test("a question without edits is a program and a command too", () => {
    expect(asTypeScript(cleanState("A?"), TINY)).toContain('import { CodiModel } from "codilens";');
    expect(asCommand(cleanState("It's\n$5?"), { facts: { ...TINY, model: "./my model" }, numbers: {} })).toBe(
      "npx codilens trace \\\n  --question $'It\\'s\\u000a$5?' \\\n  --model './my model'\n",
    );
    expect(quoted("it's `$x`")).toBe("'it'\\''s `$x`'");
  });
});
