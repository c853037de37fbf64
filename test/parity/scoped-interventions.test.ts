/** Interventions on one head, some dimensions, some keys, on subspaces and from another run, beside PyTorch: ids, logits, latents' inputs. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import {
  type BoundIntervention,
  CodiModel,
  type NamedValue,
  parseIntervention,
  type RunResult,
} from "../../src/index.js";
import { common, type InterventionCase, problemsOf, readNumbers, scoped } from "../support/interventions.js";
import { modelFolder } from "../support/parity.js";

const models = [...new Set(scoped.cases.map(({ model }) => model))];

/** What a case is listed under: its operation, and what part of the site it is about. */
function kindOf({ interventions: [first = ""] }: InterventionCase): string {
  const { operation, scope = {} } = parseIntervention(first);
  const head = operation.kind === "patch" && operation.head !== null ? ["head"] : [];
  return `${operation.kind} of ${[...head, ...Object.keys(scope)].join(" and ") || "the whole site"}`;
}

test("the cases hold every operation, each part of a site, and both models", () => {
  const kinds = new Set(scoped.cases.map(kindOf));
  for (const operation of [
    "zero",
    "scale",
    "noise",
    "random",
    "add",
    "replace",
    "mean",
    "resample",
    "shuffle",
    "patch",
    "project",
    "swap",
  ])
    for (const part of ["head", "dims", "head and dims"]) expect([...kinds]).toContain(`${operation} of ${part}`);
  for (const operation of ["zero", "scale", "add", "replace"])
    for (const part of ["keys", "head and keys"]) expect([...kinds]).toContain(`${operation} of ${part}`);
  for (const kind of ["knockout of head", "project of the whole site", "swap of the whole site"])
    expect([...kinds]).toContain(kind);
  expect(models).toHaveLength(2);
});

describe.each(models)("interventions on parts of sites of %s", (name) => {
  const loaded = CodiModel.load(modelFolder(name));
  const numbers = readNumbers("scoped_interventions", scoped.cases);
  const cases = scoped.cases.filter(({ model }) => model === name);
  afterAll(async () => (await loaded).dispose());

  /** The run that patches read, with every site that they may name. */
  const source = loaded.then((model) =>
    model.run(scoped.source ?? "", { capture: ["blocks.*"], maxNewTokens: scoped.max_new_tokens }),
  );
  const valuesOf = async ({ shapes = {} }: InterventionCase): Promise<Record<string, NamedValue>> => {
    const { value } = await numbers;
    return Object.fromEntries(Object.entries(shapes).map(([ref, shape]) => [ref, value(shape)]));
  };
  const options = { ...common, seed: scoped.seed, reference: scoped.reference, maxNewTokens: scoped.max_new_tokens };

  test.each([...new Set(cases.map(kindOf))].sort())("%s gives the reference's numbers", async (kind) => {
    const problems: string[] = [];
    for (const each of cases.filter((one) => kindOf(one) === kind)) {
      const given = { ...options, values: await valuesOf(each), sources: { other: [await source] } };
      const result = await (await loaded).run(scoped.question, { ...given, interventions: each.interventions });
      problems.push(...problemsOf(each, result, await numbers));
    }
    expect(problems).toEqual([]);
  });

  test("all of them as branches of one run, with values of their own, give the same", async () => {
    const other = await source;
    const bound = async (each: InterventionCase): Promise<BoundIntervention[]> => {
      const values = await valuesOf(each);
      return each.interventions.map((text) => ({ intervention: parseIntervention(text), values, sources: {} }));
    };
    // Equal names of different values are an error, so cases with the same shapes go together.
    const shapesOf = ({ shapes }: InterventionCase): string => JSON.stringify(shapes);
    for (const shapes of new Set(cases.map(shapesOf))) {
      const group = cases.filter((each) => shapesOf(each) === shapes);
      const conditions = await Promise.all(
        group.map(async (each, i) => ({ name: `${i}`, interventions: await bound(each) })),
      );
      const [row = []]: (readonly RunResult[])[] = await (await loaded).runConditions([scoped.question], conditions, {
        ...options,
        sources: { other: [other] },
      });
      const read = await numbers;
      expect(group.flatMap((each, i) => (row[i] === undefined ? ["no run"] : problemsOf(each, row[i], read)))).toEqual(
        [],
      );
    }
  });
});
