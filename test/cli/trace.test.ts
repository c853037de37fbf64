/** `codilens trace` with values, other runs, expected answers and a comparison: what it prints is what the library gives. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { add, at, CodiModel, patch, project, site, writeSafetensors } from "../../src/index.js";
import { modelFolder } from "../support/parity.js";
import { temporaryFolder } from "../support/temporary.js";

const cards = (start: number): string =>
  `Ruth has ${start} cards. Then Ruth gives away half. Then Ruth picks up 1 more. Then Ruth picks up 3 more. Then Ruth picks up 2 more. How many cards does Ruth have now?`;
const [QUESTION, OTHER] = [cards(18), cards(20)];
const ANSWER = 18 / 2 + 1 + 3 + 2;
const folder = temporaryFolder("codilens-trace-");
const loaded = CodiModel.load("tiny-codi");
afterAll(async () => (await loaded).dispose());

/** One document of the command. */
function traced(...args: string[]): Trace {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/codilens.mjs", "trace", "--question", QUESTION, ...args, "--json"],
    {
      encoding: "utf8",
    },
  );
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Trace;
}

interface Trace {
  readonly answer: { readonly text: string; readonly tokens: readonly { readonly logProb: number }[] };
  readonly scored: number;
  readonly logProb: number;
  readonly difference: number;
  readonly kl: number;
  readonly clean: { readonly answer: string; readonly logProb: number };
  readonly named: readonly { readonly position: string; readonly id: number; readonly text: string }[];
}

/** From the question's state at latent 1 to the other question's, half of it. */
const direction = await loaded.then(async (model) => {
  const stream = site.block(8).residPost;
  const [own, other] = await Promise.all(
    [QUESTION, OTHER].map(async (text) =>
      (await model.run(text, { capture: [stream] })).captures.at(stream, at.latent(1)),
    ),
  );
  if (own === undefined || other === undefined) throw new Error("two states were wanted");
  return other.minus(own).times(0.5).data;
});
const basis = Float32Array.from({ length: 2 * 64 }, (_, i) => Math.cos(1e4 * (i + 1)));

function tensors(name: string, given: Readonly<Record<string, { shape: number[]; data: Float32Array }>>): string {
  const path = join(folder, name);
  const list = Object.entries(given).map(([tensor, { shape, data }]) => ({
    name: tensor,
    dtype: "F32" as const,
    shape,
    data,
  }));
  writeFileSync(path, writeSafetensors(list, {}));
  return path;
}

describe("trace --value", () => {
  const one = tensors("dir.safetensors", { dir: { shape: [64], data: direction } });
  const two = tensors("two.safetensors", {
    dir: { shape: [64], data: direction },
    basis: { shape: [2, 64], data: basis },
  });
  const json = join(folder, "dir.json");
  writeFileSync(json, JSON.stringify([...direction]));

  test("adds what the file holds, whole or by the tensor's name, with the scores of the library", async () => {
    const model = await loaded;
    const clean = await model.run(QUESTION, { expected: ANSWER });
    const wanted = await model.run(QUESTION, {
      interventions: [add(site.block(8).residPost, at.latent(1), { vector: direction, scale: 2 })],
      expected: ANSWER,
    });
    const text = "add(dir,2):blocks.8.hook_resid_post@latent.1";
    const found = traced("--intervene", text, "--value", `dir=${one}`, "--compare-clean", "--expected", `${ANSWER}`);
    expect([found.answer.text, found.clean.answer, found.scored]).toEqual([
      wanted.answer.text,
      clean.answer.text,
      ANSWER,
    ]);
    expect(found.logProb).toBeCloseTo(Number(wanted.logProb), 5);
    expect(found.clean.logProb).toBeCloseTo(Number(clean.logProb), 5);
    expect(found.difference).toBeCloseTo(Number(wanted.logProb) - Number(clean.logProb), 5);
    expect(found.kl).toBeCloseTo(Number(wanted.kl), 5);
    expect(Math.abs(found.difference)).toBeGreaterThan(1e-3);
    for (const file of [`${two}#dir`, json]) {
      const same = traced("--intervene", text, "--value", `dir=${file}`, "--expected", `${ANSWER}`);
      expect(same.logProb).toBeCloseTo(found.logProb, 5);
    }
  });

  test("projects a subspace out", async () => {
    const wanted = await (await loaded).run(QUESTION, {
      interventions: [project(site.block(8).residPost, at.latent(), { out: { shape: [2, 64], data: basis } })],
      expected: ANSWER,
    });
    const text = "project(out,b):blocks.8.hook_resid_post@latent";
    const found = traced("--intervene", text, "--value", `b=${two}#basis`, "--expected", `${ANSWER}`);
    expect(found.logProb).toBeCloseTo(Number(wanted.logProb), 5);
  });
});

test("trace --source answers the other question first, and patches from it", async () => {
  const model = await loaded;
  const capture = [site.block(8).residPost];
  const wanted = await model.run(QUESTION, {
    interventions: [patch(site.block(8).residPost, at.latent(), { run: await model.run(OTHER, { capture }) })],
  });
  const text = "patch(other):blocks.8.hook_resid_post@latent";
  const found = traced("--intervene", text, "--source", OTHER, "--compare-clean");
  expect(found.answer.text).toBe(wanted.answer.text);
  expect(found.answer.text).not.toBe(found.clean.answer);
  // Without an expected answer, the clean one is scored.
  expect(found.scored).toBe(ANSWER);
  expect(traced("--intervene", text, "--source", `other=${OTHER}`).answer.text).toBe(found.answer.text);
});

test("trace --tokens names each token's position, and the text of all is the question", async () => {
  const { promptIds, layout, answer } = await (await loaded).run(QUESTION);
  const { named } = traced("--tokens");
  expect(named.map(({ id }) => id)).toEqual([...promptIds, ...answer.ids.slice(0, -1)]);
  const positions = layout.names.filter((name) => /^(?:question|bot|answer)/.test(name));
  expect(named.map(({ position }) => position)).toEqual(positions);
  const question = named.filter(({ position }) => /^question\.[1-9]/.test(position));
  expect(question.map(({ text }) => text).join("")).toBe(QUESTION);
  const { stdout } = spawnSync(
    process.execPath,
    ["scripts/codilens.mjs", "trace", "--question", QUESTION, "--tokens"],
    { encoding: "utf8" },
  );
  expect(stdout).toMatch(/^ {2}question\.1 +\d+ {2}"Ru?/m);
});

describe("trace refuses before it loads a model", () => {
  const two = join(folder, "two.safetensors");
  const bad = join(folder, "bad.json");
  writeFileSync(bad, "[1, 2");
  const ragged = join(folder, "ragged.json");
  writeFileSync(ragged, "[[1, 2], [3]]");
  const ADD = ["--intervene", "add(dir):blocks.6.hook_resid_post@latent"];
  const PATCH = ["--intervene", "patch(run):blocks.6.hook_resid_post@latent"];

  test.each<[string[], number, RegExp]>([
    [ADD, 2, /No value named "dir" was given/],
    [[...ADD, "--value", "dir"], 2, /--value "dir" has not the form NAME=FILE/],
    [[...ADD, "--value", `vec=${two}`], 2, /--value "vec": no intervention refers to it/],
    [[...ADD, "--value", `dir=${two}`], 3, /holds 2 tensors, wanted one/],
    [[...ADD, "--value", `dir=${two}#x`], 3, /holds no tensor "x"/],
    [[...ADD, "--value", `dir=${two}#dir`, "--value", `dir=${two}#dir`], 2, /--value names "dir" twice/],
    [[...ADD, "--value", "dir=no-such.safetensors"], 3, /Cannot open .*no-such\.safetensors/],
    [[...ADD, "--value", "dir=no-such.json"], 3, /Cannot read value file "no-such\.json"/],
    [[...ADD, "--value", `dir=${bad}`], 3, /bad\.json is no JSON/],
    [[...ADD, "--value", `dir=${ragged}`], 3, /ragged\.json is a list of something else than numbers/],
    [PATCH, 2, /No question was given for the run "run"/],
    [[...PATCH, "--source", "a", "--source", "b"], 2, /Two questions were given for the run "run"/],
    [["--source", "a"], 2, /no intervention reads a run/],
    [
      [...PATCH, "--intervene", "patch(other):hook_embed@bot", "--source", "a"],
      2,
      /--source "a" names none of the runs run, other/,
    ],
    [["--compare-clean"], 2, /--compare-clean has nothing to compare/],
    [["--expected", " "], 2, /it is blank, wanted an answer/],
  ])("%j exits %i", (args, code, message) => {
    const given = ["trace", "--question", "q", "--model", join(folder, "no-model"), ...args];
    const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", ...given], { encoding: "utf8" });
    expect([status, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("--expected", () => {
  test("takes any text where the protocol compares texts, and scores it as the library does", async () => {
    const folderOf = modelFolder("coconut-llama");
    using coconut = await CodiModel.load(folderOf, { onNotice: () => undefined });
    const wanted = await coconut.run(QUESTION, { expected: "4 cards" });
    const found = traced("--model", folderOf, "--expected", "4 cards");
    expect(found.scored).toBe("4 cards");
    expect(Math.abs(found.logProb - (wanted.logProb ?? Number.NaN))).toBeLessThan(1e-4);
  });

  test("refuses one where the protocol compares numbers, letters and truth values alone", () => {
    const args = ["scripts/codilens.mjs", "trace", "--question", QUESTION, "--expected", "F"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(
        /--expected "F" is no number, letter from A to E, true or false, and protocol codi compares/,
      ),
    ]);
  });
});
