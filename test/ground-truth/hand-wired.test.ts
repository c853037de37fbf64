/**
 * A model whose weights were set by hand (test/fixtures/make/hand_wired.py): latent 2 alone copies the question's last number, in
 * layer 1, head 1, and EOT alone reads it there, in layer 2, head 2. Every study has to say so, and nothing else.
 */
// @needs build, time

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Summary } from "../../src/analysis/index.js";
import type { Graph } from "../../src/exhibits/graph.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import type { StudyCondition } from "../../src/studies/finding.js";
import { type KnownStudy, knownStudy } from "../support/known-study.js";
import { linesOf } from "../support/lines-of.js";
import { temporaryFolder } from "../support/temporary.js";

const MODEL = "test/fixtures/models/hand-wired";
const PROBLEMS = 24;
const out = join(temporaryFolder("codilens-truth-"), "out");
let summary: Summary;
let records: ExperimentRecord[];
let baselines: ExperimentRecord[];

beforeAll(() => {
  const args = ["--model", MODEL, "--data", `${MODEL}/problems.jsonl`, "--study", "all", "--out", out];
  const more = ["--ablate-layer", "1", "--layers", "1,2,3", "--problems", "96", "--no-progress", "--json"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/codilens.mjs", "experiment", ...args, ...more],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(stderr);
  ({ summary } = JSON.parse(stdout) as { summary: Summary });
  records = linesOf(out).map((line) => JSON.parse(line) as ExperimentRecord);
  baselines = records.filter(({ study }) => study === "baseline");
});

function study(name: string): KnownStudy {
  const found = knownStudy(summary, name);
  if (found === undefined) throw new Error(`no study ${name}`);
  return found;
}

/** Conditions of a study that break all answers; what breaks some of them must be asked for apart. */
function breakAll(name: string, also: (each: StudyCondition) => boolean = () => true): string[] {
  const effects = study(name).conditions.filter((each) => !each.isControl && also(each));
  const partly = effects.filter(({ broken }) => broken.count !== 0 && broken.count !== PROBLEMS);
  expect(partly.map(({ condition, broken }) => `${condition}: ${broken.count}`)).toEqual([]);
  return effects.filter(({ broken }) => broken.count === PROBLEMS).map(({ condition }) => condition);
}

describe("on the hand-wired model", () => {
  test("all answers are right, and controls that must change nothing change nothing", () => {
    expect(summary.baseline).toMatchObject({ n: PROBLEMS, correct: PROBLEMS });
    expect(study("controls").conditions.map(({ right }) => right.count)).toEqual([PROBLEMS, PROBLEMS, 0]);
  });

  test("token-ablation points at latent 2", () => {
    expect(summary.latents.map(({ broken }) => broken.count)).toEqual([0, 0, PROBLEMS, 0]);
  });

  test("attention points at layer 2, head 2, latent 2", () => {
    for (const record of baselines) {
      if (record.status !== "ok") throw new Error("failed");
      const all = Object.entries(record.attention).flatMap(([layer, { eot }]) =>
        eot.heads.flatMap((row, head) => row.map((weight, latent) => ({ at: `${layer}.${head}.${latent}`, weight }))),
      );
      expect(all.filter(({ weight }) => weight > 0.5).map(({ at }) => at)).toEqual(["layer_2.2.2"]);
    }
  });

  test("layer-map: latent 2 matters up to layer 1, after which EOT has read it", () => {
    expect(breakAll("layer-map")).toEqual([
      "layer map: zero latent.2 at layer 0",
      "layer map: zero latent.2 at layer 1",
    ]);
  });

  test("subsets: latent 2 brings everything, and acts alone", () => {
    const values = study("subsets").shares?.values.map((each) => (each.kind === "value" ? each.value : null));
    expect(values?.map((value) => Math.round(1e9 * (value ?? Number.NaN)) / 1e9)).toEqual([0, 0, 1, 0]);
    const pair = study("subsets").shares?.pairs[0]?.interval;
    expect(pair?.kind === "value" ? Math.abs(pair.value) : null).toBeLessThan(1e-9);
  });

  test("question-to-latent: the last number feeds latent 2; the first number and all else feed nothing", () => {
    expect(breakAll("question-to-latent")).toEqual([
      "latent.2 cannot read all numbers",
      "latent.2 cannot read last number",
    ]);
    // Latent 2 reads it in layer 1 with one of four heads, in layer 0 and 3 as little as anything else.
    const read = study("question-to-latent").conditions.map(({ condition, knockout }) => ({ condition, knockout }));
    const knockout = read.find(({ condition }) => condition === "latent.2 cannot read last number")?.knockout;
    expect(knockout?.top).toMatchObject({ block: 1, share: { value: expect.closeTo(0.25 + 0.75 / 26, 1) } });
    expect(study("question-to-latent").sentence).toMatch(
      /the change of the reader's own state after the last block, as a share of its norm, is (?:largest|furthest beyond its control) under “latent\.2 cannot read last number”/,
    );
  });

  test("question-to-latent: positions drawn at random break an answer if and only if the last number is among them and latent 2 the reader", () => {
    const lastNumber = new Map(
      baselines.map((record) => {
        const tokens = record.status === "ok" ? (record.questionTokens ?? []) : [];
        return [record.problem.id, tokens.findLastIndex((text) => /\d/.test(text))];
      }),
    );
    const controls = records.flatMap((record) =>
      record.status === "ok" &&
      record.study === "question-to-latent" &&
      record.condition.factors?.["control"] !== undefined
        ? [record]
        : [],
    );
    expect(controls.length).toBe(5 * 8 * PROBLEMS);
    const counts = { hit: 0, missed: 0 };
    for (const { problem, condition, answer } of controls) {
      const cut: readonly string[] = condition.interventions.join().match(/question\.\d+/g) ?? [];
      const isHit =
        condition.factors?.["from"] === "latent.2" && cut.includes(`question.${lastNumber.get(problem.id)}`);
      expect(answer.correct, `${problem.id}: ${condition.name}`).toBe(!isHit);
      counts[isHit ? "hit" : "missed"]++;
    }
    expect(counts.hit).toBeGreaterThan(20);
  });

  test("latent-to-latent: EOT reads latent 2, which counts the two before it", () => {
    expect(breakAll("latent-to-latent")).toEqual([
      "latent.2 cannot read latent.0",
      "latent.2 cannot read latent.1",
      "eot cannot read latent.2",
    ]);
  });

  test("influence: what is fed back comes from biases alone, so no latent's input moves a later one's", () => {
    const { influence } = study("influence");
    expect(influence?.pairs).toHaveLength(6);
    for (const { total, direct } of influence?.pairs ?? [])
      for (const gain of [total.all, total.largest, direct.all, direct.largest])
        expect(gain).toMatchObject({ value: expect.closeTo(0, 6) });
    expect(study("influence").sentence).toMatch(/^No latent's input moves a later one's/);
  });

  test("lens: latent 2 names the second step, which is the answer, and nothing else is named anywhere", () => {
    const named = study("lens").lens?.cells.filter(({ hits }) => hits > 0);
    expect(named?.map(({ position, target, hits }) => [position, target, hits])).toEqual([
      ["latent.2", "step 2", PROBLEMS],
      ["latent.2", "answer", PROBLEMS],
    ]);
  });

  test("corruption: zero, another problem's and the mean harm at latent 2 alone", () => {
    const kinds = ["zero", "another problem's", "mean of other problems"];
    for (const { factors, broken, condition } of study("corruption").conditions) {
      if (!kinds.includes(String(factors["kind"])) || factors["latent"] === "all") continue;
      if (factors["latent"] !== 2) expect(broken.count, condition).toBe(0);
      // Another problem may have the same number, and the mean that of most.
      else expect(broken.count, condition).toBeGreaterThan(PROBLEMS / 2);
    }
  });

  test("verified: steps stand at latent 2 alone, where two numbers of the question happen to give the last one, and none is the solution's", () => {
    const [first] = study("verified").verified?.levels ?? [];
    const happens = baselines.filter(({ problem }) => {
      const [one = 0, last = 0] = problem.question.match(/\d+/g)?.map(Number) ?? [];
      return [one + last, one - last, last - one, one * last, one / last, last / one].includes(last);
    });
    expect(happens.length).toBeGreaterThan(0);
    expect(first?.found.own).toMatchObject({ count: happens.length, n: PROBLEMS });
    expect(first?.same.own).toMatchObject({ count: 0, n: PROBLEMS });
    const chains = readFileSync(join(out, "tables", "verified_chains.csv"), "utf8")
      .split("\n")
      .slice(1);
    const places = chains
      .filter((line) => line.includes(",1,"))
      .flatMap((line) => line.match(/\((?:bot|latent\.\d)\)/g) ?? []);
    expect(new Set(places)).toEqual(new Set(["(latent.2)"]));
  });

  test("budget: three latents are enough and two are not", () => {
    const right = study("budget")
      .conditions.filter(({ isControl }) => !isControl)
      .map(({ right }) => right.count);
    // Four were wired; a fifth and a sixth copy nothing, and EOT still reads latent 2.
    expect(right).toEqual([0, 0, 0, PROBLEMS, PROBLEMS, PROBLEMS]);
    expect(study("budget").sentence).toMatch(/From 3 latents on no loss/);
    expect(
      study("budget")
        .conditions.filter(({ isControl }) => isControl)
        .map(({ right }) => right.count),
    ).toEqual(new Array(4).fill(PROBLEMS));
  });

  test("residual: layer 2, head 2 alone writes the answer, and nothing but its biases comes through the projection", () => {
    const targets = study("residual").residual?.targets ?? [];
    const written = targets.map(({ name, components }) => [
      name,
      components
        .filter(({ kind, own }) => kind !== "attention" && own.kind === "value" && Math.abs(own.value) > 1e-3)
        .map((each) => each.name),
    ]);
    const biases = ["latents", "latent.0", "latent.1", "latent.2", "latent.3"].map((name) => [
      name,
      ["projection's biases"],
    ]);
    expect(written).toEqual([["answer", ["block 2 head 2"]], ...biases]);
    const [answer] = targets;
    expect(answer?.components.find(({ name }) => name === "block 2 head 2")?.control).toMatchObject({
      value: expect.closeTo(0, 3),
    });
  });

  test("patching: the number until block 0, latent 2 at block 1, EOT from block 2, head 1 and then head 2; nothing else, and no control", () => {
    const { patching } = study("patching");
    expect(patching?.pairs).toBeGreaterThan(PROBLEMS / 2);
    const found = (patching?.maps ?? []).map(({ direction, site, at, control, cells }) => {
      const partly = cells.filter(({ moved }) => moved.count !== 0 && moved.count !== moved.n);
      expect(partly.map(({ row, column }) => `${site} ${row} ${column}`)).toEqual([]);
      const all = cells.filter(({ moved }) => moved.count > 0).map(({ row, column }) => `${row}: ${column}`);
      // What moves the answer takes the logit difference all the way, and nothing else does.
      if (control === null)
        for (const { effect, moved } of cells)
          expect(effect).toMatchObject({ value: expect.closeTo(moved.count === 0 ? 0 : 1, 3) });
      return [[direction, site, at, control].filter((each) => each !== null).join(", "), all];
    });
    const stream = ["number: 0", "latent.2: 1", "bot and latents: 1", "eot: 2", "eot: 3"];
    expect(Object.fromEntries(found)).toEqual({
      "noising, resid": stream,
      "denoising, resid": stream,
      "noising, attn": ["latent.2: 1", "bot and latents: 1", "eot: 2"],
      "noising, mlp": [],
      "noising, head, latents": ["head 1: 1"],
      "noising, head, answer": ["head 2: 2"],
      "noising, resid, unrelated": [],
      "noising, all, identity": [],
    });
    expect(patching?.carrying).toMatchObject({
      differs: { value: expect.closeTo(0.25, 6) },
      same: { value: expect.closeTo(0, 6) },
    });
  });

  test("subspace: eight directions after layer 1 carry what latent 2 holds, and no position that names the same carries any", () => {
    const { subspace } = study("subspace");
    const pairs = study("patching").patching?.pairs;
    expect(subspace?.blocks.map(({ moved }) => moved.count)).toEqual([0, pairs, 0, 0]);
    expect(subspace?.folds.map(({ block }) => block)).toEqual([1, 1]);
    expect(subspace?.whole?.moved).toMatchObject({ count: pairs, n: pairs });
    // Whether training ends at all of them or two short of it, the last digit of a norm decides.
    const eight = subspace?.ranks.at(-1);
    expect(eight?.rank).toBe(8);
    expect(eight?.trained.moved.count).toBeGreaterThanOrEqual(0.9 * (pairs ?? Number.NaN));
    for (const { random, other } of subspace?.ranks ?? []) {
      expect(random.moved.count).toBe(0);
      expect(other.moved).toMatchObject({ count: 0, n: pairs });
    }
  });

  test("attribution: where patches act, both ways predict it, and nowhere else", () => {
    const { attribution } = study("attribution");
    expect(attribution?.predicted).toBe(study("patching").patching?.pairs);
    expect(attribution?.pairs).toBeLessThan(attribution?.predicted ?? 0);
    const [header = "", ...lines] = readFileSync(join(out, "tables", "attribution.csv"), "utf8")
      .trim()
      .split("\r\n");
    const rows = lines.map((line) => line.split(","));
    const at = (name: string): number => header.split(",").indexOf(name);
    const where = (way: string): string[] =>
      rows
        .filter((row) => Math.abs(Number(row[at(way)])) > 0.01)
        .map((row) => [row[at("site")], row[at("position")], row[at("block")]].join(" "));
    const patched = [
      ...["resid number 0", "resid latent.2 1", "resid eot 2", "resid eot 3"],
      ...["attn latent.2 1", "attn eot 2", "head head 1 at latent.2 1", "head head 2 at eot 2"],
    ];
    expect(where("patched")).toEqual(patched);
    expect(where("gradient")).toEqual(patched);
    expect(where("integrated")).toEqual(patched);
  });

  test("steering: what moves latent 2 from block 1 on moves every answer to what it says; nothing else does anything", () => {
    const { steering } = study("steering");
    expect(steering?.problems).toBeGreaterThan(PROBLEMS / 4);
    const picked = (site: string): number[] => [
      ...new Set((steering?.picks ?? []).filter((pick) => pick.site === site).map(({ latent }) => latent)),
    ];
    expect([picked("resid"), picked("kv")]).toEqual([[2], [2]]);
    // The model has no answer beyond 5, the largest of its last numbers.
    const sayable = baselines.filter((record) => {
      const kept = record.status === "ok" ? record.kept?.["steering"]?.["predicted"] : undefined;
      return typeof kept === "number" && kept <= 5;
    });
    expect(sayable.length).toBeGreaterThan(PROBLEMS / 4);
    for (const { site, added, strength, moved, changed, toward } of steering?.doses ?? []) {
      const name = `${site} ${added} ${strength}`;
      // A random direction as long can reach the number too; it is no other latent's.
      if (added === "random" && site !== "input") continue;
      const isCarried = site !== "input" && added === "own";
      if (isCarried && strength === 1) expect([moved.count, changed.count], name).toEqual([sayable.length, moved.n]);
      if (isCarried) continue;
      expect(changed.count, name).toBe(0);
      expect(toward, name).toMatchObject({ value: expect.closeTo(0, 3) });
    }
  });

  test("edges: the number's embedding to layer 1 and on, latent 2 to layer 2, EOT to the logits, and nothing through a projection", () => {
    const { edges } = study("edges");
    expect(edges?.pairs).toBe(study("patching").patching?.pairs);
    const { edges: all, nodes } = JSON.parse(readFileSync(join(out, "figures", "study_edges.json"), "utf8")) as Graph;
    const strong = all.filter(([, , score]) => Math.abs(score) > 0.01);
    const named = strong.map(([from, to]) => `${nodes[from]?.name} → ${nodes[to]?.name}`);
    expect(named.sort()).toEqual([
      "embedding at number → attention 1 at number",
      "head 1.1 at latent.2 → attention 2 at latent.2",
      "head 2.2 at eot → logits at eot",
    ]);
    expect(edges?.projection.read).toMatchObject({ kind: "value", value: 0 });
    expect(edges?.projection.written).toMatchObject({ kind: "value", value: 0 });
    const { circuits } = edges ?? {};
    expect(circuits?.pairs).toBeGreaterThan(4);
    expect(circuits?.draws).toBe(10 * (circuits?.pairs ?? 0));
    // Three edges are enough; of as many at random none keeps anything.
    const [four] = circuits?.sizes ?? [];
    expect(four).toMatchObject({ edges: 4, ahead: circuits?.pairs, randomMost: 0 });
    expect(four?.kept.kind === "value" ? Math.abs(four.kept.value - 1) : 1).toBeLessThan(1e-4);
  });
});
