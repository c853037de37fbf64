/** Hooks of a condition are edits of the row tree: they act on its rows only, share what comes before them, and give what each gives alone. */
// @needs engine, time

import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  at,
  type Condition,
  type Hook,
  hook,
  parseAddress,
  parseIntervention,
  type RunResult,
  type SiteName,
  tf,
} from "../../../src/index.js";
import { planRows } from "../../../src/model/latent/plan/rows.js";
import { treeCost } from "../../../src/model/latent/plan/tree-cost.js";
import { loadTiny, problems } from "../../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());

const asked = problems.slice(0, 4);
const questions = asked.map(({ question }) => question);
const expected = asked.map((each) => each.expected);
const baseline: Condition = { name: "baseline", interventions: [] };

/** A callback that does what an operation does. */
const OPERATIONS = {
  zero: (x: tf.Tensor) => tf.zerosLike(x),
  "scale(-1)": (x: tf.Tensor) => tf.mul(x, -1),
  "scale(2)": (x: tf.Tensor) => tf.mul(x, 2),
} as const;
type OperationText = keyof typeof OPERATIONS;

const asData = (operation: OperationText, site: SiteName, address: string): Condition => ({
  name: `${operation}:${site}@${address}`,
  interventions: [parseIntervention(`${operation}:${site}@${address}`)],
});
const asHook = (operation: OperationText, site: SiteName, address: string): Condition => ({
  name: `hook ${operation}:${site}@${address}`,
  interventions: [],
  hooks: [hook(site, parseAddress(address), OPERATIONS[operation], { id: operation })],
});

const numbersOf = ({ answer, score, correct, logProb, kl }: RunResult): object => ({
  ...{ ids: answer.ids, tokens: answer.tokens, finish: answer.finish, score, correct, logProb, kl },
});
const countsOf = ({ fired }: RunResult): object =>
  fired.map(({ site, address, planned, count }) => ({ site, address, planned, count }));

// A batch of another size ends a sum in other last digits.
function expectAlike(ours: RunResult | undefined, theirs: RunResult | undefined): void {
  expect(ours?.answer.ids).toEqual(theirs?.answer.ids);
  expect(ours && countsOf(ours)).toEqual(theirs && countsOf(theirs));
  for (const name of ["logProb", "kl"] as const) {
    const [a, b] = [ours?.[name], theirs?.[name]];
    expect(a == null).toBe(b == null);
    expect(Math.abs((a ?? 0) - (b ?? 0))).toBeLessThan(1e-4 * Math.abs(b ?? 0) + 1e-4);
  }
}

describe("a hook in place of data", () => {
  test.each<[OperationText, SiteName, string]>([
    ["zero", "blocks.8.hook_resid_post", "latent.2"],
    ["zero", "hook_embed", "question.3"],
    ["scale(-1)", "blocks.4.attn.hook_z", "bot"],
    ["scale(2)", "blocks.12.hook_mlp_out", "eot"],
    ["zero", "prj.hook_post", "latent"],
    ["scale(-1)", "latents.hook_input", "latent.5"],
    ["zero", "ln_final.hook_normalized", "latent.3"],
  ])("%s:%s@%s gives the same tokens, margins and scores, bit for bit", async (...edit) => {
    const [data, hooked] = await Promise.all(
      [asData(...edit), asHook(...edit)].map((each) => model.runConditions(questions, [baseline, each], { expected })),
    );
    expect(hooked?.map((row) => row.map(numbersOf))).toEqual(data?.map((row) => row.map(numbersOf)));
    expect(hooked?.map((row) => row.map(countsOf))).toEqual(data?.map((row) => row.map(countsOf)));
    expect(hooked?.some(([clean, row]) => row?.logProb !== clean?.logProb)).toBe(true);
  });

  test.each<[OperationText, SiteName, string]>([
    ["scale(-1)", "blocks.12.hook_resid_post", "answer"],
    ["zero", "blocks.3.hook_attn_out", "all"],
    ["zero", "blocks.14.hook_mlp_out", "answer.1"],
  ])("%s:%s@%s, which is decoded token by token, gives the tokens and scores of the data", async (...edit) => {
    const [data = [], hooked = []] = await Promise.all(
      [asData(...edit), asHook(...edit)].map((each) => model.runConditions(questions, [baseline, each], { expected })),
    );
    for (const [q, row] of hooked.entries()) for (const [c, result] of row.entries()) expectAlike(result, data[q]?.[c]);
  });
});

describe("a mixed batch", () => {
  const place = fc.tuple(
    fc.constantFrom<OperationText>("zero", "scale(-1)", "scale(2)"),
    fc.tuple(fc.nat({ max: 15 }), fc.constantFrom("hook_resid_post", "hook_mlp_out", "attn.hook_z")),
    fc.constantFrom(
      "question",
      "question.2",
      "bot",
      "latent.0",
      "latent.3",
      "latent",
      "eot",
      "answer",
      "answer.1",
      "all",
    ),
  );
  const condition = fc
    .tuple(fc.boolean(), fc.array(place, { minLength: 1, maxLength: 2 }))
    .map(([isHook, places]): Condition => {
      const parts = places.map(([operation, [layer, kind], address]) =>
        (isHook ? asHook : asData)(operation, `blocks.${layer}.${kind}` as SiteName, address),
      );
      return {
        name: parts.map(({ name }) => name).join(" + "),
        interventions: parts.flatMap(({ interventions }) => interventions),
        hooks: parts.flatMap(({ hooks = [] }) => hooks),
      };
    });

  test("gives each row what it gets alone, be it data or hooks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(condition, { minLength: 2, maxLength: 5 }), async (conditions) => {
        const some = questions.slice(0, 2);
        const options = { expected: expected.slice(0, 2), maxNewTokens: 12 };
        // An address that an answer never reaches ends a run; such conditions are left out.
        const alone: { readonly condition: Condition; readonly row: RunResult[] }[] = [];
        for (const each of conditions) {
          const row = await model.runConditions(some, [each], options).catch((error: Error) => {
            if (!/fired 0 times|never fired/.test(error.message)) throw error;
            return null;
          });
          if (row !== null) alone.push({ condition: each, row: row.flat() });
        }
        const kept = alone.map((each) => each.condition);
        const mixed = await model.runConditions(some, [baseline, ...kept], options);
        for (const [q] of some.entries())
          for (const [c, each] of alone.entries()) expectAlike(mixed[q]?.[c + 1], each.row[q]);
      }),
      { numRuns: 6, seed: 18 },
    );
  });

  test("leaves the data beside the hooks what it was: tokens, and scores of rows that are planned alike", async () => {
    const data = [
      asData("zero", "blocks.8.hook_resid_post", "latent.2"),
      asData("scale(-1)", "blocks.4.hook_mlp_out", "eot"),
    ];
    const hooks = [
      asHook("zero", "blocks.3.hook_resid_post", "latent.1"),
      asHook("scale(2)", "blocks.9.hook_mlp_out", "answer"),
    ];
    const plain = await model.runConditions(questions, [baseline, ...data], { expected });
    const mixed = await model.runConditions(questions, [baseline, ...data, ...hooks], { expected });
    for (const [q, row] of plain.entries()) for (const [c, result] of row.entries()) expectAlike(mixed[q]?.[c], result);
  });

  test("a callback acts on the rows of its condition only, and is counted there only", async () => {
    const seen: (readonly number[])[] = [];
    const look = hook("blocks.5.hook_resid_post", at.latent(1), (_, { questions: some }) => void seen.push(some));
    const [row = []] = await model.runConditions(questions.slice(0, 1), [
      baseline,
      asData("zero", "blocks.8.hook_resid_post", "latent.2"),
      { name: "look", interventions: [], hooks: [look] },
    ]);
    expect(seen).toEqual([[0]]);
    expect(row.map(({ fired }) => fired.map(({ name, count }) => `${name} ${count}`))).toEqual([
      [],
      ["zero:blocks.8.hook_resid_post@latent.2 1"],
      ["hook(hook):blocks.5.hook_resid_post@latent.1 1"],
    ]);
    expect(row[2]?.answer.ids).toEqual(row[0]?.answer.ids);
  });

  test("leaves no tensor behind", async () => {
    const conditions = [
      baseline,
      asData("zero", "blocks.8.hook_resid_post", "latent.2"),
      asHook("zero", "blocks.3.hook_mlp_out", "all"),
    ];
    const before = tf.memory().numTensors;
    await model.runConditions(questions, conditions, { expected });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("what is shared", () => {
  const [site, other] = ["blocks.8.hook_resid_post", "blocks.2.hook_mlp_out"] as const;
  const costOf = (conditions: readonly Condition[]): ReturnType<typeof treeCost> =>
    treeCost(
      planRows({ questions: questions.slice(0, 1), conditions }, (text) => model.promptIds(text), {
        numLatents: 6,
        layers: 16,
      }),
      { eotTokens: 1, answerTokens: 4, mostCells: 1e6, forwardCells: 1 },
    );
  const double = (x: tf.Tensor): tf.Tensor => tf.mul(x, 2);
  const withHooks = (...hooks: Hook[]): Condition => ({ name: "hooked", interventions: [], hooks });

  test("rows part where a hook first acts, as under the same data", () => {
    for (const address of ["question.3", "latent.0", "latent.5", "eot"])
      for (const each of [site, other]) {
        const [data, hooked] = [asData, asHook].map((make) => costOf([baseline, make("zero", each, address)]));
        expect(hooked).toEqual(data);
      }
    expect(costOf([baseline, withHooks(hook(site, at.latent(5), double))]).rows).toEqual([1, 1, 1, 1, 1, 1, 2, 2]);
  });

  test("one object in two conditions is one edit, two callbacks of one name are two", () => {
    const [one, two] = [
      hook(site, at.latent(3), double, { id: "double" }),
      hook(site, at.latent(3), double, { id: "double" }),
    ];
    const later = hook(other, at.eot, double);
    const rows = (a: Hook, b: Hook): readonly number[] => costOf([baseline, withHooks(a), withHooks(b, later)]).rows;
    expect(rows(one, one)).toEqual([1, 1, 1, 1, 2, 2, 2, 3]);
    expect(rows(one, two)).toEqual([1, 1, 1, 1, 3, 3, 3, 3]);
  });

  test("a callback that two conditions have in common is called once for both, and counted in both", async () => {
    const batches: number[] = [];
    const common = hook(site, at.latent(3), (x) => {
      batches.push(x.shape[0]);
      return tf.mul(x, 2);
    });
    const conditions = [
      withHooks(common),
      withHooks(
        common,
        hook(other, at.eot, (x) => tf.mul(x, -1)),
      ),
    ];
    const [row = []] = await model.runConditions(questions.slice(0, 1), conditions);
    expect(batches).toEqual([1]);
    expect(row.map(({ fired }) => fired.map(({ count }) => count))).toEqual([[1], [1, 1]]);
  });

  test("hooks of the run are hooks of each condition, after its own", async () => {
    const scored = { expected: expected.slice(0, 1) };
    const order: string[] = [];
    const named = (id: string): Hook => hook(site, at.latent(3), (x) => (order.push(id), tf.mul(x, 1.5)), { id });
    const [own, common] = [named("own"), named("common")];
    const one = questions.slice(0, 1);
    const [given = []] = await model.runConditions(one, [baseline, withHooks(own)], { ...scored, hooks: [common] });
    expect(order).toEqual(["common", "own", "common"]);
    const [spelt = []] = await model.runConditions(one, [withHooks(common), withHooks(own, common)], scored);
    expect(given.map(numbersOf)).toEqual(spelt.map(numbersOf));
    const alone = await model.run(one[0] ?? "", { ...scored, hooks: [common] });
    expectAlike(given[0], alone);
    expect(alone.logProb).not.toBe((await model.run(one[0] ?? "", scored)).logProb);
  });
});

describe("a callback in the answer", () => {
  test.each<[SiteName, string]>([
    ["blocks.5.hook_resid_post", "answer"],
    ["blocks.5.attn.hook_pattern", "eot"],
    ["blocks.5.attn.hook_attn_scores", "answer"],
  ])("at %s@%s sees its own tokens one by one, in a mixed batch as alone", async (site, address) => {
    const looks = async (more: readonly Condition[]): Promise<string[]> => {
      const seen: string[] = [];
      const look = hook(site, parseAddress(address), (x, { positions, scoring }) => {
        if (!scoring) seen.push(`${positions.join()} ${site.includes(".attn.") ? x.shape.at(3) : ""}`);
      });
      const mine = { name: "look", interventions: [], hooks: [look] };
      const results = await model.runConditions(questions.slice(0, 1), [...more, mine], {
        expected: expected.slice(0, 1),
      });
      const result = results[0]?.at(-1);
      expect(result?.fired[0]?.count).toBe(seen.length);
      // A query has itself and what stands before it for keys: no token that is only tried.
      const wanted = result?.layout
        .indicesOf(parseAddress(address))
        .map((place) => `${result.layout.names[place]} ${site.includes(".attn.") ? place + 1 : ""}`);
      expect(seen).toEqual(wanted);
      return seen;
    };
    const alone = await looks([]);
    const more = [
      baseline,
      asData("zero", "blocks.8.hook_resid_post", "latent.2"),
      asHook("zero", "blocks.3.hook_mlp_out", "eot"),
    ];
    expect(await looks(more)).toEqual(alone);
  });
});
